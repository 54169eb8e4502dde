#include "service/upstream/piapi/wire_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "service/model/task_rules.h"

namespace seedance::upstream {
namespace {

using Json = nlohmann::ordered_json;
using model::MediaType;
using model::Reference;
using model::ReferenceRole;

// A prompt may contain bytes that are not UTF-8; they become U+FFFD.
std::string Dump(const Json& body) { return body.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool IsFrame(const Reference& reference) {
  return reference.role == ReferenceRole::kFirstFrame || reference.role == ReferenceRole::kLastFrame;
}

// Always explicit: by default the vendor treats one or two reference images as frames.
const char* Mode(const std::vector<Reference>& references) {
  if (references.empty()) return "text_to_video";
  return std::any_of(references.begin(), references.end(), IsFrame) ? "first_last_frames" : "omni_reference";
}

Json Urls(const std::vector<Reference>& references, ReferenceRole role) {
  Json urls = Json::array();
  for (const Reference& reference : references) {
    if (reference.role != role) continue;
    urls.push_back(reference.asset.has_value() ? "asset://" + reference.asset->id : reference.uri);
  }
  return urls;
}

// The vendor identifies frames by position: the first image is the first frame.
Json ImageUrls(const std::vector<Reference>& references) {
  Json urls = Urls(references, ReferenceRole::kFirstFrame);
  for (const ReferenceRole role : {ReferenceRole::kLastFrame, ReferenceRole::kReferenceImage}) {
    for (Json& url : Urls(references, role)) urls.push_back(std::move(url));
  }
  return urls;
}

void PutReferences(const model::TaskRequest& task, Json& input) {
  const std::pair<const char*, Json> kinds[] = {
      {"image_urls", ImageUrls(task.references)},
      {"video_urls", Urls(task.references, ReferenceRole::kReferenceVideo)},
      {"audio_urls", Urls(task.references, ReferenceRole::kReferenceAudio)},
  };
  for (const auto& [key, urls] : kinds) {
    if (!urls.empty()) input[key] = urls;
  }
  const bool ephemeral = std::any_of(task.references.begin(), task.references.end(),
                                     [](const Reference& reference) { return reference.ephemeral; });
  if (!ephemeral) return;
  input["auto_upload_assets"] = true;
  if (task.ephemeral_hours.has_value()) input["asset_retention_hours"] = *task.ephemeral_hours;
}

Json Input(const model::TaskRequest& task, const model::ModelProfile& profile) {
  Json input;
  input["prompt"] = task.sent_prompt.empty() ? task.prompt : task.sent_prompt;
  input["mode"] = Mode(task.references);
  // Always explicit, like resolution and sound: the vendor's default may change and affects the bill.
  input["duration"] = task.duration_seconds.value_or(profile.default_duration_seconds);
  if (const std::string ratio = model::SentAspectRatio(task, profile); !ratio.empty()) {
    input["aspect_ratio"] = ratio == "adaptive" ? "auto" : ratio;
  }
  const bool said = task.resolution != model::Resolution::kUnspecified;
  input["resolution"] = std::string(model::ResolutionName(said ? task.resolution : profile.default_resolution));
  PutReferences(task, input);
  const std::optional<bool> sound =
      profile.audio_track ? task.generate_audio.value_or(profile.default_generate_audio) : task.generate_audio;
  if (sound.has_value()) input["audio"] = *sound;
  return input;
}

Json Config(const PiApiOptions& options) {
  Json config = Json::object();
  if (!options.service_mode.empty()) config["service_mode"] = options.service_mode;
  if (!options.webhook_endpoint.empty()) {
    config["webhook_config"]["endpoint"] = options.webhook_endpoint;
    config["webhook_config"]["secret"] = options.webhook_secret.Reveal();
  }
  return config;
}

const char* AssetType(MediaType type) {
  switch (type) {
    case MediaType::kImage:
      return "Image";
    case MediaType::kVideo:
      return "Video";
    case MediaType::kAudio:
      return "Audio";
    default:
      return nullptr;
  }
}

}  // namespace

std::string PiApiTaskBody(const model::TaskRequest& task, const std::string& model, const PiApiOptions& options) {
  Json body;
  body["model"] = "seedance";
  body["task_type"] = model;
  const model::ModelProfile* profile = options.profile.FindModel(model);
  body["input"] = Input(task, profile != nullptr ? *profile : model::ModelProfile());
  if (Json config = Config(options); !config.empty()) body["config"] = std::move(config);
  return Dump(body);
}

std::string PiApiAssetBody(const NewAsset& asset) {
  Json body;
  body["url"] = asset.uri;
  // Otherwise the vendor determines the type by the suffix of the URL.
  if (const char* type = AssetType(asset.media_type)) body["asset_type"] = type;
  if (!asset.display_name.empty()) body["name"] = asset.display_name;
  return Dump(body);
}

}  // namespace seedance::upstream
