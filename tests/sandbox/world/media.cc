#include "tests/sandbox/world/media.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

// SANDBOX_MEDIA_DIR comes from CMake, which also rebuilds this file when a media file changes.
#define EMBED(symbol, file)                                                                                           \
  __asm__(                                                                                                            \
      ".section .rodata\n"                                                                                            \
      ".global " #symbol "_begin\n.global " #symbol "_end\n" #symbol "_begin:\n.incbin \"" SANDBOX_MEDIA_DIR "/" file \
      "\"\n" #symbol "_end:\n.byte 0\n.previous\n");                                                                  \
  extern "C" const char symbol##_begin[];                                                                             \
  extern "C" const char symbol##_end[];

EMBED(sandbox_result_video, "result.mp4")
EMBED(sandbox_last_frame, "last_frame.png")

namespace seedance::sandbox {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

std::string_view Embedded(const char* begin, const char* end) {
  return std::string_view(begin, static_cast<size_t>(end - begin));
}

// An ISO BMFF box of a type that every player skips.
std::string FreeBox(std::string_view content) {
  const size_t size = content.size() + 8;
  std::string box;
  for (int shift = 24; shift >= 0; shift -= 8) box += static_cast<char>((size >> shift) & 0xff);
  return absl::StrCat(box, "free", std::string(content));
}

bool At(std::string_view bytes, size_t position, std::string_view mark) {
  return bytes.size() >= position + mark.size() && bytes.substr(position, mark.size()) == mark;
}

bool IsImage(std::string_view head) {
  if (At(head, 0, "\x89PNG") || At(head, 0, "\xff\xd8\xff") || At(head, 0, "GIF8") || At(head, 0, "BM")) return true;
  if (At(head, 0, std::string_view("II*\0", 4)) || At(head, 0, std::string_view("MM\0*", 4))) return true;
  if (At(head, 0, "RIFF") && At(head, 8, "WEBP")) return true;
  return At(head, 4, "ftyphei") || At(head, 4, "ftypmif1") || At(head, 4, "ftypmsf1");
}

std::optional<MediaKind> KindOf(std::string_view head) {
  if (IsImage(head)) return MediaKind::kImage;
  if (At(head, 4, "ftyp")) return MediaKind::kVideo;
  if (At(head, 0, "ID3") || (At(head, 0, "RIFF") && At(head, 8, "WAVE"))) return MediaKind::kAudio;
  // An MPEG audio frame: eleven ones.
  const bool frame = head.size() >= 2 && head[0] == '\xff' && (static_cast<unsigned char>(head[1]) & 0xe0) == 0xe0;
  return frame ? std::optional<MediaKind>(MediaKind::kAudio) : std::nullopt;
}

int64_t SizeLimit(MediaKind kind) {
  switch (kind) {
    case MediaKind::kImage:
      return 30 * kMegabyte;
    case MediaKind::kVideo:
      return 50 * kMegabyte;
    case MediaKind::kAudio:
      break;
  }
  return 15 * kMegabyte;
}

}  // namespace

std::string ResultVideo(std::string_view task_id) {
  return absl::StrCat(std::string(Embedded(sandbox_result_video_begin, sandbox_result_video_end)), FreeBox(task_id));
}

std::string_view LastFrameImage() { return Embedded(sandbox_last_frame_begin, sandbox_last_frame_end); }

std::string MediaFault(MediaKind kind, const UploadedFile& file) {
  const std::optional<MediaKind> found = KindOf(file.head);
  if (!found.has_value()) return "FormatUnsupported";
  if (*found != kind) return "TypeMismatch";
  return file.size >= SizeLimit(kind) ? "FileSizeTooLarge" : "";
}

}  // namespace seedance::sandbox
