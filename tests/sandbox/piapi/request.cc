#include "tests/sandbox/piapi/request.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace seedance::sandbox {
namespace {

constexpr MediaKind kTaskKinds[] = {MediaKind::kImage, MediaKind::kVideo, MediaKind::kAudio};

// Takes an optional member of a fixed type.
template <typename T>
std::optional<PiApiRefusal> Take(const Json& object, const char* name, bool (Json::*is)() const noexcept,
                                 const char* type, T& into) {
  const Json* member = Find(object, name);
  if (member == nullptr || member->is_null()) return std::nullopt;
  if (!(member->*is)()) return InvalidMember(name, absl::StrCat("must be ", type));
  into = member->get<T>();
  return std::nullopt;
}

std::optional<PiApiRefusal> TakeUrls(const Json& input, MediaKind kind, std::vector<std::string>& into) {
  const char* name = UrlsMember(kind);
  const Json* member = Find(input, name);
  if (member == nullptr || member->is_null()) return std::nullopt;
  if (!member->is_array()) return InvalidMember(name, "must be an array of strings");
  for (const Json& url : *member) {
    if (!url.is_string()) return InvalidMember(name, "must be an array of strings");
    into.push_back(url.get<std::string>());
  }
  return std::nullopt;
}

std::optional<PiApiRefusal> ReadInput(const Json& input, PiApiRequest& request) {
  if (auto r = Take(input, "prompt", &Json::is_string, "a string", request.prompt)) return r;
  if (auto r = Take(input, "mode", &Json::is_string, "a string", request.mode)) return r;
  if (auto r = Take(input, "resolution", &Json::is_string, "a string", request.resolution)) return r;
  if (auto r = Take(input, "aspect_ratio", &Json::is_string, "a string", request.aspect_ratio)) return r;
  if (auto r = Take(input, "duration", &Json::is_number_integer, "an integer", request.duration)) return r;
  if (auto r = Take(input, "audio", &Json::is_boolean, "a boolean", request.audio)) return r;
  if (auto r = Take(input, "auto_upload_assets", &Json::is_boolean, "a boolean", request.auto_upload)) return r;
  if (auto r = Take(input, "asset_retention_hours", &Json::is_number_integer, "an integer", request.retention_hours)) {
    return r;
  }
  for (const MediaKind kind : kTaskKinds) {
    if (auto r = TakeUrls(input, kind, request.urls[static_cast<size_t>(kind)])) return r;
  }
  return std::nullopt;
}

std::optional<PiApiRefusal> ReadConfig(const Json& body, PiApiRequest& request) {
  Json config = Json::object();
  Json hook = Json::object();
  std::string mode;
  if (auto r = Take(body, "config", &Json::is_object, "an object", config)) return r;
  if (auto r = Take(config, "service_mode", &Json::is_string, "a string", mode)) return r;
  if (auto r = Take(config, "webhook_config", &Json::is_object, "an object", hook)) return r;
  if (auto r = Take(hook, "endpoint", &Json::is_string, "a string", request.webhook_endpoint)) return r;
  if (auto r = Take(hook, "secret", &Json::is_string, "a string", request.webhook_secret)) return r;
  if (!mode.empty() && mode != "public" && mode != "private") return InvalidMember("service_mode", "is unknown");
  const std::string& endpoint = request.webhook_endpoint;
  if (!endpoint.empty() && !absl::StartsWith(endpoint, "http://") && !absl::StartsWith(endpoint, "https://")) {
    return InvalidMember("webhook_config.endpoint", "must be an http(s) URL");
  }
  request.config = {{"service_mode", mode},
                    {"webhook_config", {{"endpoint", endpoint}, {"secret", request.webhook_secret}}}};
  return std::nullopt;
}

std::string DetectMode(const PiApiRequest& request) {
  const size_t images = request.Urls(MediaKind::kImage).size();
  if (!request.Urls(MediaKind::kVideo).empty() || !request.Urls(MediaKind::kAudio).empty() || images > 2) {
    return "omni_reference";
  }
  return images > 0 ? "first_last_frames" : "text_to_video";
}

void FillDefaults(PiApiRequest& request) {
  request.mode_detected = request.mode.empty();
  if (request.mode_detected) request.mode = DetectMode(request);
  if (request.model.resolutions.empty()) return;
  if (request.resolution.empty()) request.resolution = request.model.resolutions.front();
  request.input["mode"] = request.mode;
  request.input["duration"] = request.duration;
  request.input["aspect_ratio"] = request.aspect_ratio;
  request.input["resolution"] = request.resolution;
}

}  // namespace

PiApiRefusal InvalidMember(const std::string& member, const std::string& rule) {
  return {400, absl::StrCat("invalid request: ", member, " ", rule)};
}

const char* UrlsMember(MediaKind kind) {
  constexpr const char* kNames[] = {"image_urls", "video_urls", "audio_urls"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<std::string> AssetIdOf(const std::string& url) {
  constexpr size_t kSchemeLength = 8;
  if (!absl::StartsWithIgnoreCase(url, "asset://")) return std::nullopt;
  return url.substr(kSchemeLength);
}

std::optional<PiApiRefusal> ReadPiApiRequest(const Json& body, bool assets_on_all_twins, PiApiRequest& request) {
  const std::string model = TextOf(body, "model");
  if (model != "seedance") return InvalidMember("model", absl::StrCat("'", model, "' is unknown"));
  request.task_type = TextOf(body, "task_type");
  std::optional<PiApiModel> found = FindPiApiModel(request.task_type, assets_on_all_twins);
  if (!found.has_value()) {
    return InvalidMember("task_type", absl::StrCat("'", request.task_type, "' is unknown for model seedance"));
  }
  request.model = *std::move(found);
  const Json* input = Find(body, "input");
  if (input == nullptr || !input->is_object()) return InvalidMember("input", "is required");
  request.input = *input;
  if (auto refusal = ReadInput(*input, request)) return refusal;
  if (auto refusal = ReadConfig(body, request)) return refusal;
  FillDefaults(request);
  return std::nullopt;
}

}  // namespace seedance::sandbox
