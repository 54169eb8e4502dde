#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/sandbox/piapi/request.h"
#include "tests/sandbox/world/inline_media.h"
#include "tests/sandbox/world/video_request.h"

namespace seedance::sandbox {
namespace {

constexpr int64_t kMaxPrompt = 4000;  // Characters.
constexpr MediaKind kRuleKinds[] = {MediaKind::kImage, MediaKind::kVideo, MediaKind::kAudio};
constexpr const char* kPiApiRatios[] = {"21:9", "16:9", "4:3", "1:1", "3:4", "9:16"};

int64_t CharactersOf(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::optional<PiApiRefusal> CheckPiApiSettings(const PiApiRequest& request) {
  const PiApiModel& model = request.model;
  if (CharactersOf(request.prompt) > kMaxPrompt) return InvalidMember("prompt", "is longer than 4000 characters");
  const auto& known = model.resolutions;
  if (std::find(known.begin(), known.end(), request.resolution) == known.end()) {
    return InvalidMember("resolution",
                         absl::StrCat("'", request.resolution, "' is not one of ", absl::StrJoin(known, ", ")));
  }
  if (request.duration < model.min_duration || request.duration > model.max_duration) {
    return InvalidMember("duration", absl::StrCat("must be ", model.min_duration, " to ", model.max_duration));
  }
  if (request.aspect_ratio == "auto") {
    if (request.mode == "first_last_frames") return std::nullopt;
    return InvalidMember("aspect_ratio", "auto is only for mode first_last_frames");
  }
  const auto ratio = std::find(std::begin(kPiApiRatios), std::end(kPiApiRatios), request.aspect_ratio);
  if (ratio == std::end(kPiApiRatios)) {
    return InvalidMember("aspect_ratio", absl::StrCat("'", request.aspect_ratio, "' is unknown"));
  }
  return std::nullopt;
}

std::optional<PiApiRefusal> CheckOmni(const PiApiRequest& request) {
  size_t total = 0;
  for (const MediaKind kind : kRuleKinds) {
    const size_t count = request.Urls(kind).size();
    const size_t most = request.model.max_of[static_cast<size_t>(kind)];
    if (count > most) return InvalidMember(UrlsMember(kind), absl::StrCat("takes at most ", most));
    total += count;
  }
  if (total == 0) return InvalidMember("mode", "omni_reference needs a reference");
  if (total > request.model.max_references) {
    return InvalidMember("input", absl::StrCat("takes at most ", request.model.max_references, " references"));
  }
  if (total == request.Urls(MediaKind::kAudio).size()) return InvalidMember("audio_urls", "needs an image or a video");
  return std::nullopt;
}

std::optional<PiApiRefusal> CheckMode(const PiApiRequest& request) {
  if (request.mode == "omni_reference") return CheckOmni(request);
  const size_t images = request.Urls(MediaKind::kImage).size();
  const bool others = !request.Urls(MediaKind::kVideo).empty() || !request.Urls(MediaKind::kAudio).empty();
  if (request.mode == "first_last_frames") {
    if (images < 1 || images > 2) return InvalidMember("image_urls", "mode first_last_frames takes one or two images");
    if (others) return InvalidMember("mode", "first_last_frames takes images only");
    return std::nullopt;
  }
  if (request.mode != "text_to_video") return InvalidMember("mode", absl::StrCat("'", request.mode, "' is unknown"));
  if (images > 0 || others) return InvalidMember("mode", "text_to_video takes no references");
  if (request.prompt.empty()) return InvalidMember("prompt", "is required");
  return std::nullopt;
}

std::optional<PiApiRefusal> CheckAutoUpload(const PiApiRequest& request) {
  if (!request.auto_upload) return std::nullopt;
  if (request.model.strict) return InvalidMember("auto_upload_assets", "is only for less-restriction task types");
  if (request.retention_hours < 3 || request.retention_hours > 8) {
    return InvalidMember("asset_retention_hours", "must be 3 to 8");
  }
  return std::nullopt;
}

std::optional<PiApiRefusal> CheckPiApiAsset(const PiApiRequest& request, const std::string& id, MediaKind kind,
                                            const FindManagedFn& find_asset, absl::Time now) {
  if (!request.model.takes_assets) {
    return PiApiRefusal{422, absl::StrCat("asset:// references are not supported by task_type ", request.task_type)};
  }
  const std::optional<Asset> asset = find_asset(id);
  if (!asset.has_value()) return PiApiRefusal{400, absl::StrCat("asset ", id, " is not found")};
  if (asset->kind != kind) {
    return PiApiRefusal{400,
                        absl::StrCat("asset ", id, " in ", UrlsMember(kind), " is of type ", KindWord(asset->kind))};
  }
  const std::string status = AssetStatus(*asset, now);
  if (status == "Active") return std::nullopt;
  return PiApiRefusal{400, absl::StrCat("asset ", id, " is not Active, its status is ", status)};
}

std::optional<PiApiRefusal> CheckUrls(const PiApiRequest& request, const FindManagedFn& find_asset, absl::Time now) {
  for (const MediaKind kind : kRuleKinds) {
    for (const std::string& url : request.Urls(kind)) {
      if (const std::optional<std::string> id = AssetIdOf(url)) {
        if (auto refusal = CheckPiApiAsset(request, *id, kind, find_asset, now)) return refusal;
      } else if (!IsWebUrl(url)) {
        return PiApiRefusal{400, absl::StrCat("InvalidParameter.URL: ", UrlsMember(kind), " takes public URLs only")};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<PiApiRefusal> CheckPiApiRequest(const PiApiRequest& request, const FindManagedFn& find_asset,
                                              absl::Time now) {
  if (request.model.resolutions.empty()) {
    if (request.Urls(MediaKind::kVideo).size() != 1) return InvalidMember("video_urls", "takes one video");
    if (auto refusal = CheckAutoUpload(request)) return refusal;
    return CheckUrls(request, find_asset, now);
  }
  if (auto refusal = CheckPiApiSettings(request)) return refusal;
  if (auto refusal = CheckMode(request)) return refusal;
  if (auto refusal = CheckAutoUpload(request)) return refusal;
  return CheckUrls(request, find_asset, now);
}

}  // namespace seedance::sandbox
