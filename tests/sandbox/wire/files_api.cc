#include "tests/sandbox/wire/files_api.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/sandbox/world/media.h"

namespace seedance::sandbox {
namespace {

constexpr char kEphemeral[] = "/files/ephemeral/";

struct File {
  std::string bytes;
  std::string content_type;
};

ApiReply StorageError(int status, const std::string& code, const std::string& message) {
  return {status,
          absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>", code, "</Code><Message>", message,
                       "</Message></Error>"),
          "application/xml",
          {}};
}

// First and last byte of a `Range: bytes=` header with one range; nothing when it cannot be satisfied.
std::optional<std::pair<size_t, size_t>> ParseRange(const std::string& header, size_t size) {
  const std::vector<std::string> ends = absl::StrSplit(header.substr(header.find('=') + 1), '-');
  if (!absl::StartsWith(header, "bytes=") || ends.size() != 2 || size == 0) return std::nullopt;
  size_t first = 0;
  size_t last = size - 1;
  if (ends[0].empty()) {
    size_t suffix = 0;
    if (!absl::SimpleAtoi(ends[1], &suffix) || suffix == 0) return std::nullopt;
    return std::make_pair(size - std::min(size, suffix), last);
  }
  if (!absl::SimpleAtoi(ends[0], &first)) return std::nullopt;
  if (!ends[1].empty() && !absl::SimpleAtoi(ends[1], &last)) return std::nullopt;
  last = std::min(last, size - 1);
  return first <= last ? std::optional(std::make_pair(first, last)) : std::nullopt;
}

ApiReply Serve(File file, const std::string& range_header) {
  ApiReply reply{200, "", file.content_type, {{"Accept-Ranges", "bytes"}}};
  const size_t size = file.bytes.size();
  if (range_header.empty()) {
    reply.body = std::move(file.bytes);
    return reply;
  }
  const auto range = ParseRange(range_header, size);
  if (!range.has_value()) {
    ApiReply refusal = StorageError(416, "InvalidRange", "The requested range is not satisfiable");
    refusal.headers.emplace_back("Content-Range", absl::StrCat("bytes */", size));
    return refusal;
  }
  reply.status = 206;
  reply.headers.emplace_back("Content-Range", absl::StrCat("bytes ", range->first, "-", range->second, "/", size));
  reply.body = file.bytes.substr(range->first, range->second - range->first + 1);
  return reply;
}

std::string ContentTypeOf(const std::string& path) {
  constexpr std::pair<const char*, const char*> kTypes[] = {
      {".png", "image/png"},       {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
      {".webp", "image/webp"},     {".gif", "image/gif"},  {".mp4", "video/mp4"},
      {".mov", "video/quicktime"}, {".mp3", "audio/mpeg"}, {".wav", "audio/wav"},
  };
  for (const auto& [suffix, type] : kTypes) {
    if (absl::EndsWithIgnoreCase(path, suffix)) return type;
  }
  return "application/octet-stream";
}

File SampleOf(const Asset& asset) {
  if (asset.kind == MediaKind::kImage) return {std::string(LastFrameImage()), "image/png"};
  return {ResultVideo(asset.id), "video/mp4"};
}

// The file at /files/<kind>/<id>/...; nothing when there is none.
std::optional<File> Load(World& world, const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  if (parts.size() < 4) return std::nullopt;
  const std::string& id = parts[3];
  if (const std::optional<Asset> asset = world.FindAnyAsset(id)) return SampleOf(*asset);
  if (!world.FindAnyTask(id).has_value()) return std::nullopt;
  if (path == VideoPath(id)) return File{ResultVideo(id), "video/mp4"};
  if (path == LastFramePath(id)) return File{std::string(LastFrameImage()), "image/png"};
  return std::nullopt;
}

}  // namespace

std::string VideoPath(const std::string& task_id) { return absl::StrCat("/files/results/", task_id, "/video.mp4"); }
std::string LastFramePath(const std::string& task_id) {
  return absl::StrCat("/files/results/", task_id, "/last_frame.png");
}
std::string AssetPath(const std::string& asset_id) { return absl::StrCat("/files/assets/", asset_id); }

std::string FilesApi::Route(const std::string& method, const std::string& path) {
  if (method != "GET" && method != "HEAD") return "";
  if (absl::StartsWith(path, "/files/results/")) return absl::StrCat(method, " /files/results/{task}/{file}");
  if (absl::StartsWith(path, "/files/assets/")) return absl::StrCat(method, " /files/assets/{asset}");
  if (absl::StartsWith(path, kEphemeral)) return absl::StrCat(method, " ", kEphemeral, "{file}");
  return "";
}

ApiReply FilesApi::Handle(const ApiCall& call) {
  if (absl::StartsWith(call.path, kEphemeral)) {
    const EphemeralFile file = shared_.uploads.Find(call.path, shared_.clock.Now());
    if (file.bytes == nullptr) return StorageError(404, "NoSuchKey", "The specified key does not exist.");
    return Serve({*file.bytes, ContentTypeOf(call.path)}, call.range);
  }
  switch (shared_.links.Check(call, shared_.clock.Now())) {
    case Links::Verdict::kExpired:
      return StorageError(403, "AccessDenied", "Request has expired");
    case Links::Verdict::kForged:
      return StorageError(403, "SignatureDoesNotMatch", "The request signature does not match");
    case Links::Verdict::kGood:
      break;
  }
  std::optional<File> file = Load(shared_.world, call.path);
  if (!file.has_value()) return StorageError(404, "NoSuchKey", "The specified key does not exist.");
  return Serve(*std::move(file), call.range);
}

}  // namespace seedance::sandbox
