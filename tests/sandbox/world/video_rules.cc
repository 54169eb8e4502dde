#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/sandbox/world/video_request.h"

namespace seedance::sandbox {
namespace {

struct ModelRules {
  std::string_view name;
  std::string_view resolutions;  // Between commas.
  int64_t min_duration;
  int64_t max_duration;
  bool automatic_duration;  // -1 is allowed.
  int max_images;
  int max_videos = 3;
  int max_audios = 3;
  bool audio_alone = false;
  bool frames_only_adaptive = false;
};

constexpr std::string_view kAll20 = ",480p,720p,1080p,4k,";
constexpr std::string_view kFast = ",480p,720p,";
constexpr std::string_view kAll25 = ",480p,720p,1080p,";

// The names of the origin are those of its Chinese side; `dreamina-` stands for `doubao-` abroad.
constexpr ModelRules kModels[] = {
    {"seedance", kAll20, 4, 15, true, 9},
    {"seedance-2.0", kAll20, 4, 15, true, 9},
    {"seedance-fast", kFast, 4, 15, true, 9},
    {"seedance-2.0-mini", kFast, 4, 15, true, 9},
    {"seedance-2.0-ultra", ",720p,1080p,2k,", 4, 15, true, 9},
    {"seedance-2.5", kAll25, 4, 30, true, 30, 10, 10, true, true},
    {"seedance-2.5-premium", ",4k,", 4, 30, true, 30, 10, 10, true, true},
    {"seedance-2.5-flash", kFast, 4, 30, true, 10, 5, 5, false, true},
    {"doubao-seedance-2-0-260128", kAll20, 4, 15, true, 9},
    {"doubao-seedance-2-0-fast-260128", kFast, 4, 15, true, 9},
    {"doubao-seedance-2-0-mini-260615", kFast, 4, 15, true, 9},
    {"doubao-seedance-2-5-260628", kAll25, 4, 30, true, 30, 10, 10, true, true},
    {"doubao-seedance-2-5-premium-260915", ",4k,", 4, 30, true, 30, 10, 10, true, true},
    {"doubao-seedance-1-5-pro-251215", ",480p,720p,1080p,", 4, 12, true, 2},
    {"doubao-seedance-1-0-pro-250528", ",480p,720p,1080p,", 2, 12, false, 2},
    {"doubao-seedance-1-0-lite-i2v-250428", ",480p,720p,1080p,", 2, 12, false, 4},
};

constexpr std::string_view kRatios = ",16:9,4:3,1:1,3:4,9:16,21:9,adaptive,";
constexpr int64_t kMaxSeed = 4294967295;  // 2^32-1.

const ModelRules* RulesOf(std::string_view model) {
  constexpr std::string_view kTwin = "-nsfw";
  if (model.size() > kTwin.size() && model.substr(model.size() - kTwin.size()) == kTwin) {
    model.remove_suffix(kTwin.size());
  }
  constexpr std::string_view kAbroad = "dreamina-";
  std::string name(model);
  if (name.compare(0, kAbroad.size(), kAbroad) == 0) name = "doubao-" + name.substr(kAbroad.size());
  for (const ModelRules& rules : kModels) {
    if (rules.name == name) return &rules;
  }
  return nullptr;
}

bool Listed(std::string_view list, const std::string& word) {
  if (absl::StrContains(word, ',')) return false;
  return list.find(absl::StrCat(",", word, ",")) != std::string_view::npos;
}

std::optional<RuleBreak> CheckSettings(const VideoRequest& request, const ModelRules& rules) {
  if (!Listed(rules.resolutions, request.resolution)) {
    return InvalidParam("resolution", absl::StrCat("'", request.resolution, "' is not supported by this model"));
  }
  if (!Listed(kRatios, request.ratio))
    return InvalidParam("ratio", absl::StrCat("'", request.ratio, "' is not supported"));
  const bool automatic = request.duration == -1 && rules.automatic_duration;
  if (!automatic && (request.duration < rules.min_duration || request.duration > rules.max_duration)) {
    return InvalidParam("duration", absl::StrCat("must be ", rules.min_duration, " to ", rules.max_duration));
  }
  if (request.seed < -1 || request.seed > kMaxSeed) return InvalidParam("seed", "must be -1 to 4294967295");
  if (request.web_search && !request.items.empty())
    return InvalidParam("tools", "web_search is for text to video only");
  return std::nullopt;
}

int CountRole(const VideoRequest& request, std::string_view role) {
  return static_cast<int>(
      std::count_if(request.items.begin(), request.items.end(), [&](const auto& item) { return item.role == role; }));
}

// An image without a role is a first frame.
std::optional<RuleBreak> CheckRole(const ContentItem& item, const std::string& where) {
  static constexpr std::string_view kAllowed[] = {",,first_frame,last_frame,reference_image,", ",reference_video,",
                                                  ",reference_audio,"};
  if (Listed(kAllowed[static_cast<size_t>(item.kind)], item.role)) return std::nullopt;
  return InvalidParam(absl::StrCat(where, ".role"), absl::StrCat("'", item.role, "' does not fit the type"));
}

std::optional<RuleBreak> CheckCounts(const VideoRequest& request, const ModelRules& rules) {
  const int first = CountRole(request, "first_frame") + CountRole(request, "");
  const int last = CountRole(request, "last_frame");
  const int images = CountRole(request, "reference_image");
  const int videos = CountRole(request, "reference_video");
  const int audios = CountRole(request, "reference_audio");
  if (first > 1 || last > 1 || (last == 1 && first == 0)) {
    return InvalidParam("content", "one first frame, or a first and a last frame");
  }
  if (first > 0 && images + videos + audios > 0)
    return InvalidParam("content", "frames and references cannot be mixed");
  if (first > 0 && rules.frames_only_adaptive && request.ratio != "adaptive") {
    return InvalidParam("ratio", "must be adaptive with a first frame");
  }
  if (images > rules.max_images) return InvalidParam("content", absl::StrCat("at most ", rules.max_images, " images"));
  if (videos > rules.max_videos) return InvalidParam("content", absl::StrCat("at most ", rules.max_videos, " videos"));
  if (audios > rules.max_audios) return InvalidParam("content", absl::StrCat("at most ", rules.max_audios, " audios"));
  if (audios > 0 && images + videos == 0 && !rules.audio_alone)
    return InvalidParam("content", "audio needs an image or a video");
  return std::nullopt;
}

std::optional<RuleBreak> CheckAsset(const std::string& id, MediaKind kind, const std::string& where,
                                    const FindAssetFn& find_asset, absl::Time now) {
  const std::optional<Asset> asset = find_asset(id);
  if (!asset.has_value()) return InvalidParam(where, absl::StrCat("asset ", id, " is not found"));
  if (asset->kind != kind)
    return InvalidParam(where, absl::StrCat("asset ", id, " is of type ", KindWord(asset->kind)));
  const std::string status = AssetStatus(*asset, now);
  if (status == "Active") return std::nullopt;
  return InvalidParam(where, absl::StrCat("asset ", id, " is not active, its status is ", status));
}

std::optional<RuleBreak> CheckUrl(const ContentItem& item, const std::string& where, const FindAssetFn& find_asset,
                                  absl::Time now) {
  // Older pages of the vendor write `Asset://`.
  constexpr size_t kSchemeLength = 8;
  if (absl::StartsWithIgnoreCase(item.url, "asset://")) {
    return CheckAsset(item.url.substr(kSchemeLength), item.kind, where, find_asset, now);
  }
  if (absl::StartsWithIgnoreCase(item.url, "https://") || absl::StartsWithIgnoreCase(item.url, "http://")) {
    return std::nullopt;
  }
  if (item.kind == MediaKind::kVideo) return InvalidParam(where, "a video must be a URL or an asset");
  if (absl::StartsWithIgnoreCase(item.url, "data:") || item.url.find("://") == std::string::npos) return std::nullopt;
  return InvalidParam(where, "unsupported URL");
}

}  // namespace

bool KnownVideoModel(const std::string& model) { return RulesOf(model) != nullptr; }

std::vector<std::string> VideoModels() {
  std::vector<std::string> names;
  for (const ModelRules& rules : kModels) names.emplace_back(rules.name);
  return names;
}

std::optional<RuleBreak> CheckVideoRequest(const VideoRequest& request, const FindAssetFn& find_asset, absl::Time now) {
  const ModelRules& rules = *RulesOf(request.model);
  if (auto broken = CheckSettings(request, rules)) return broken;
  for (size_t i = 0; i < request.items.size(); ++i) {
    const std::string where = absl::StrCat(absl::AsciiStrToLower(KindWord(request.items[i].kind)), " ", i + 1);
    if (auto broken = CheckRole(request.items[i], where)) return broken;
    if (auto broken = CheckUrl(request.items[i], where, find_asset, now)) return broken;
  }
  return CheckCounts(request, rules);
}

}  // namespace seedance::sandbox
