#include "service/upstream/anyfast/wire_request.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "service/model/task_rules.h"

namespace seedance::upstream {
namespace {

using Json = nlohmann::ordered_json;
using model::MediaType;
using model::ReferenceRole;

constexpr char kImageModel[] = "volc-asset";

// A prompt may contain bytes that are not UTF-8; they become U+FFFD.
std::string Dump(const Json& body) { return body.dump(-1, ' ', false, Json::error_handler_t::replace); }

struct RoleRow {
  ReferenceRole role;
  const char* type;
  const char* word;
};

constexpr RoleRow kRoles[] = {
    {ReferenceRole::kReferenceImage, "image_url", "reference_image"},
    {ReferenceRole::kFirstFrame, "image_url", "first_frame"},
    {ReferenceRole::kLastFrame, "image_url", "last_frame"},
    {ReferenceRole::kReferenceVideo, "video_url", "reference_video"},
    {ReferenceRole::kReferenceAudio, "audio_url", "reference_audio"},
};

const RoleRow& RowOf(ReferenceRole role) {
  for (const RoleRow& row : kRoles) {
    if (row.role == role) return row;
  }
  return kRoles[0];
}

Json ContentItem(const model::Reference& reference) {
  const RoleRow& row = RowOf(reference.role);
  const std::string url = reference.asset.has_value() ? "asset://" + reference.asset->id : reference.uri;
  Json item;
  item["type"] = row.type;
  item[row.type]["url"] = url;
  item["role"] = row.word;
  return item;
}

Json Paged(Json filter, int page, int page_size) {
  Json body;
  body["model"] = kImageModel;
  body["Filter"] = std::move(filter);
  body["PageNumber"] = page;
  body["PageSize"] = page_size;
  return body;
}

}  // namespace

std::string BillingModel(MediaType type) {
  switch (type) {
    case MediaType::kVideo:
      return "volc-asset-video";
    case MediaType::kAudio:
      return "volc-asset-audio";
    default:
      return kImageModel;
  }
}

std::string GroupTypeWord(model::GroupType type) {
  switch (type) {
    case model::GroupType::kAigc:
      return "AIGC";
    case model::GroupType::kLivenessFace:
      return "LivenessFace";
    default:
      return "";
  }
}

std::string AssetTypeWord(MediaType type) {
  switch (type) {
    case MediaType::kVideo:
      return "Video";
    case MediaType::kAudio:
      return "Audio";
    default:
      return "Image";
  }
}

std::string CreateGroupBody(const NewGroup& group) {
  Json body;
  body["model"] = kImageModel;
  body["Name"] = group.display_name;
  if (!group.description.empty()) body["Description"] = group.description;
  if (const std::string type = GroupTypeWord(group.type); !type.empty()) body["GroupType"] = type;
  return Dump(body);
}

std::string ListGroupsBody(const GroupQuery& query, const std::string& group_type) {
  // The vendor requires a filter, even an empty one.
  Json filter = Json::object();
  if (!query.display_name_contains.empty()) filter["Name"] = query.display_name_contains;
  if (!group_type.empty()) filter["GroupType"] = group_type;
  return Dump(Paged(std::move(filter), query.page, query.page_size));
}

std::string FindGroupBody(const std::string& id, int page, int page_size, const std::string& group_type) {
  // Two clients of the live service use two different keys; neither is documented.
  Json filter;
  filter["GroupIds"] = {id};
  filter["Id"] = id;
  if (!group_type.empty()) filter["GroupType"] = group_type;
  return Dump(Paged(std::move(filter), page, page_size));
}

std::string CreateAssetBody(const NewAsset& asset) {
  Json body;
  body["model"] = BillingModel(asset.media_type);
  body["GroupId"] = asset.group_id;
  body["Name"] = asset.display_name;
  body["AssetType"] = AssetTypeWord(asset.media_type);
  body["URL"] = asset.uri;
  return Dump(body);
}

std::string ListAssetsBody(const AssetQuery& query) {
  Json filter = Json::object();
  if (!query.display_name_contains.empty()) filter["Name"] = query.display_name_contains;
  if (!query.group_ids.empty()) filter["GroupIds"] = query.group_ids;
  const bool said = query.group_type != model::GroupType::kUnspecified;
  filter["GroupType"] = GroupTypeWord(said ? query.group_type : model::GroupType::kAigc);
  return Dump(Paged(std::move(filter), query.page, query.page_size));
}

std::string IdBody(const std::string& id) { return Dump(Json{{"Id", id}}); }

std::string RenameBody(const std::string& id, const std::string& display_name) {
  Json body;
  body["model"] = kImageModel;
  body["Id"] = id;
  body["Name"] = display_name;
  return Dump(body);
}

std::string CreateTaskBody(const model::TaskRequest& task, const std::string& model,
                           const model::ModelProfile& profile) {
  Json content = Json::array();
  const std::string& prompt = task.sent_prompt.empty() ? task.prompt : task.sent_prompt;
  if (!prompt.empty()) content.push_back(Json{{"type", "text"}, {"text", prompt}});
  for (const model::Reference& reference : task.references) content.push_back(ContentItem(reference));
  Json body;
  body["model"] = model;
  body["content"] = std::move(content);
  const bool said = task.resolution != model::Resolution::kUnspecified;
  body["resolution"] = std::string(model::ResolutionName(said ? task.resolution : profile.default_resolution));
  if (const std::string ratio = model::SentAspectRatio(task, profile); !ratio.empty()) body["ratio"] = ratio;
  body["duration"] = task.duration_seconds.value_or(profile.default_duration_seconds);
  if (task.seed.has_value()) body["seed"] = *task.seed;
  const std::optional<bool> sound =
      profile.audio_track ? task.generate_audio.value_or(profile.default_generate_audio) : task.generate_audio;
  if (sound.has_value()) body["generate_audio"] = *sound;
  if (task.watermark.has_value()) body["watermark"] = *task.watermark;
  if (task.return_last_frame) body["return_last_frame"] = true;
  if (task.web_search) body["tools"] = Json::array({Json{{"type", "web_search"}}});
  return Dump(body);
}

}  // namespace seedance::upstream
