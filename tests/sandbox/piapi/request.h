#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_REQUEST_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_REQUEST_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/sandbox/piapi/models.h"
#include "tests/sandbox/world/json.h"
#include "tests/sandbox/world/world.h"

// The body that creates a video at PiAPI: `model`, `task_type`, `input`, `config`.
namespace seedance::sandbox {

struct PiApiRequest {
  std::string task_type;
  PiApiModel model;
  std::string prompt;
  std::string mode;  // text_to_video, first_last_frames, omni_reference.
  bool mode_detected = false;
  std::string resolution;
  std::string aspect_ratio = "16:9";
  int64_t duration = 5;
  bool audio = true;
  std::array<std::vector<std::string>, 3> urls;  // In the order of MediaKind.
  bool auto_upload = false;
  int64_t retention_hours = 3;
  std::string webhook_endpoint;
  std::string webhook_secret;
  Json input;   // As sent, with the defaults filled in.
  Json config;  // As the vendor shows it.

  const std::vector<std::string>& Urls(MediaKind kind) const { return urls[static_cast<size_t>(kind)]; }
};

struct PiApiRefusal {
  int status = 400;
  std::string message;
};
PiApiRefusal InvalidMember(const std::string& member, const std::string& rule);

// Finds an asset of the caller that is not gone.
using FindManagedFn = std::function<std::optional<Asset>(const std::string& id)>;

// `image_urls`, `video_urls`, `audio_urls`.
const char* UrlsMember(MediaKind kind);

// `id` of `asset://id`; nothing for other URLs.
std::optional<std::string> AssetIdOf(const std::string& url);

// Reads `body` into `request`, fills in defaults and detects the mode. A refusal for members of a wrong type, an
// unknown model or task type.
std::optional<PiApiRefusal> ReadPiApiRequest(const Json& body, bool assets_on_all_twins, PiApiRequest& request);

// The first rule that the request breaks: prompt, settings of its type, mode, counts, URL forms, assets.
std::optional<PiApiRefusal> CheckPiApiRequest(const PiApiRequest& request, const FindManagedFn& find_asset,
                                              absl::Time now);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_REQUEST_H_
