#include "tests/sandbox/world/inline_media.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "service/base/sha256.h"

namespace seedance::sandbox {
namespace {

constexpr size_t kPiece = 64 * 1024;  // Of Base64 text; a multiple of four.
constexpr size_t kMaxInlineHead = 64;

absl::string_view ToAbsl(std::string_view text) { return absl::string_view(text.data(), text.size()); }

}  // namespace

bool IsWebUrl(std::string_view source) {
  return absl::StartsWithIgnoreCase(ToAbsl(source), "https://") ||
         absl::StartsWithIgnoreCase(ToAbsl(source), "http://");
}

std::optional<UploadedFile> DecodeInlineMedia(std::string_view source, std::string* bytes) {
  UploadedFile file;
  if (absl::StartsWithIgnoreCase(ToAbsl(source), "data:")) {
    const size_t mark = source.find(";base64,");
    if (mark == std::string_view::npos) return std::nullopt;
    file.content_type = std::string(source.substr(5, mark - 5));
    source.remove_prefix(mark + 8);
  }
  base::Sha256 hash;
  while (!source.empty()) {
    std::string piece;
    if (!absl::Base64Unescape(ToAbsl(source.substr(0, kPiece)), &piece)) return std::nullopt;
    source.remove_prefix(std::min(kPiece, source.size()));
    if (file.head.size() < kMaxInlineHead) file.head.append(piece, 0, kMaxInlineHead - file.head.size());
    file.size += static_cast<int64_t>(piece.size());
    hash.Update(piece);
    if (bytes != nullptr) bytes->append(piece);
  }
  if (file.size == 0) return std::nullopt;
  file.sha256 = hash.Hex();
  return file;
}

}  // namespace seedance::sandbox
