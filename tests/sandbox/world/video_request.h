#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_VIDEO_REQUEST_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_VIDEO_REQUEST_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/sandbox/world/json.h"
#include "tests/sandbox/world/world.h"

// The body that creates a video: `model`, `content` and settings, as Ark and the gateways in front of it take it.
namespace seedance::sandbox {

struct ContentItem {
  MediaKind kind = MediaKind::kImage;
  std::string url;
  std::string role;
};

struct VideoRequest {
  std::string model;
  std::string prompt;  // All text items, joined by a line feed.
  std::vector<ContentItem> items;
  std::string resolution = "720p";
  std::string ratio = "adaptive";
  int64_t duration = 5;
  int64_t seed = -1;
  bool generate_audio = true;
  bool return_last_frame = false;
  bool web_search = false;
};

// A broken rule as Ark words it.
struct RuleBreak {
  std::string code;  // For example `InvalidParameter`.
  std::string message;
  std::string param;
};
RuleBreak InvalidParam(const std::string& param, const std::string& message);

// Finds an asset of the caller.
using FindAssetFn = std::function<std::optional<Asset>(const std::string& id)>;

// True for the models that the sandbox sells.
bool KnownVideoModel(const std::string& model);
// Their names.
std::vector<std::string> VideoModels();

// Reads `body` into `request` as far as its types allow.
std::optional<RuleBreak> ReadVideoRequest(const Json& body, VideoRequest& request);

// The first rule that the request breaks: settings of its model, order text, images, videos, audios, roles, counts,
// URL forms, assets that do not exist, are not Active at `now` or are of another kind. The model must be known.
std::optional<RuleBreak> CheckVideoRequest(const VideoRequest& request, const FindAssetFn& find_asset, absl::Time now);

// `Image`, `Video`, `Audio`.
std::string KindWord(MediaKind kind);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_VIDEO_REQUEST_H_
