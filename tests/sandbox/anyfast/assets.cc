#include "tests/sandbox/anyfast/assets.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/anyfast/errors.h"
#include "tests/sandbox/anyfast/filter.h"
#include "tests/sandbox/wire/files_api.h"
#include "tests/sandbox/world/asset_words.h"
#include "tests/sandbox/world/inline_media.h"
#include "tests/sandbox/world/media.h"
#include "tests/sandbox/world/video_request.h"

namespace seedance::sandbox {
namespace {

constexpr int kMaxNameCharacters = 64;
constexpr char kLiveness[] = "LivenessFace";
constexpr std::array<std::pair<MediaKind, const char*>, 3> kBillingModels = {{
    {MediaKind::kImage, "volc-asset"},
    {MediaKind::kVideo, "volc-asset-video"},
    {MediaKind::kAudio, "volc-asset-audio"},
}};

ApiReply Missing(const std::string& field) {
  return AssetError(400, absl::StrCat("MissingParameter.", field),
                    absl::StrCat("The request is missing parameter ", field, "."));
}

ApiReply NoGroup(const std::string& id) {
  return AssetError(404, "NotFound.group_id", absl::StrCat("The specified asset_group ", id, " is not found."));
}

ApiReply NoAsset(const std::string& id) {
  return AssetError(404, "NotFound.asset_id", absl::StrCat("The specified asset ", id, " is not found."));
}

std::optional<MediaKind> ParseKind(const std::string& word) {
  for (const auto& [kind, model] : kBillingModels) {
    if (KindWord(kind) == word) return kind;
  }
  return std::nullopt;
}

// Characters of UTF-8 text.
int64_t Characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::optional<ApiReply> CheckName(const std::string& name) {
  if (name.empty()) return Missing("Name");
  if (Characters(name) > kMaxNameCharacters) return InvalidParameter("Name", "at most 64 characters");
  return std::nullopt;
}

// Type and billing model, which must fit each other. An image needs neither in multipart, and no model in JSON.
std::optional<ApiReply> ReadKind(const Json& body, bool multipart, Asset& asset) {
  const std::string type = TextOf(body, "AssetType");
  const std::string model = TextOf(body, "model");
  if (type.empty() && !multipart) return Missing("AssetType");
  const std::optional<MediaKind> kind = type.empty() ? MediaKind::kImage : ParseKind(type);
  if (!kind.has_value()) return InvalidParameter("AssetType", "must be one of [Image Video Audio]");
  asset.kind = *kind;
  asset.model = kBillingModels[static_cast<size_t>(*kind)].second;
  if (model.empty() && *kind != MediaKind::kImage) return Missing("model");
  if (!model.empty() && model != asset.model) {
    return InvalidParameter("model", absl::StrCat(KindWord(*kind), " needs model ", asset.model, ", got ", model));
  }
  return std::nullopt;
}

void KeepFile(const UploadedFile& file, bool strict, Asset& asset) {
  asset.size = file.size;
  asset.sha256 = file.sha256;
  if (strict) asset.failure_code = MediaFault(asset.kind, file);
}

std::optional<ApiReply> ReadSource(const ApiCall& call, const Json& body, bool strict, Asset& asset) {
  if (call.multipart) {
    if (!call.file.has_value() || call.file->size == 0) return Missing("file");
    KeepFile(*call.file, strict, asset);
    return std::nullopt;
  }
  const Json* url = Find(body, "URL");
  if (url == nullptr || !url->is_string() || url->get_ref<const std::string&>().empty()) return Missing("URL");
  const auto& source = url->get_ref<const std::string&>();
  if (IsWebUrl(source)) {
    asset.source_url = source;
    return std::nullopt;
  }
  const std::optional<UploadedFile> file = DecodeInlineMedia(source);
  if (!file.has_value()) return InvalidParameter("URL", "neither a URL nor Base64");
  KeepFile(*file, strict, asset);
  return std::nullopt;
}

// Groups of verified persons are shown only to one who asks for them.
bool FitsType(const AnyFastFilter& filter, const std::string& type) {
  return filter.group_type.empty() ? type != kLiveness : filter.group_type == type;
}

Json BodyOf(const ApiCall& call) {
  Json body = Json::object();
  for (const auto& [name, value] : call.fields) body[name] = value;
  return body;
}

std::string Iso(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()); }

}  // namespace

struct AnyFastAssets::Row {
  const char* name;
  Action action;
};

const AnyFastAssets::Row AnyFastAssets::kActions[] = {
    {"CreateAssetGroup", &AnyFastAssets::CreateGroup},
    {"ListAssetGroups", &AnyFastAssets::ListGroups},
    {"UpdateAssetGroup", &AnyFastAssets::UpdateGroup},
    {"DeleteAssetGroup", &AnyFastAssets::DeleteGroup},
    {"CreateAsset", &AnyFastAssets::CreateAsset},
    {"GetAsset", &AnyFastAssets::GetAsset},
    {"ListAssets", &AnyFastAssets::ListAssets},
    {"UpdateAsset", &AnyFastAssets::UpdateAsset},
    {"DeleteAsset", &AnyFastAssets::DeleteAsset},
    {"CreateVisualValidateSession", &AnyFastAssets::NeedsRealPersonGroup},
    {"GetVisualValidateResult", &AnyFastAssets::NeedsRealPersonGroup},
};

bool AnyFastAssets::HasAction(const std::string& action) {
  return std::any_of(std::begin(kActions), std::end(kActions), [&](const Row& row) { return action == row.name; });
}

ApiReply AnyFastAssets::Handle(const std::string& action, const std::string& key, const ApiCall& call) {
  if (call.multipart && action != "CreateAsset") return GatewayError(400, "invalid JSON");
  const std::optional<Json> body = call.multipart ? BodyOf(call) : ParseObject(call.body);
  if (!body.has_value()) return GatewayError(400, "invalid JSON");
  for (const Row& row : kActions) {
    if (action == row.name) return (this->*row.action)(key, call, *body);
  }
  return GatewayError(404, "no such action");
}

ApiReply AnyFastAssets::CreateGroup(const std::string& key, const ApiCall&, const Json& body) {
  const std::string model = TextOf(body, "model");
  if (!model.empty() && model != "volc-asset") {
    return GatewayError(503, absl::StrCat("no available channel for model ", model), "new_api_error",
                        "model_not_found");
  }
  Group group;
  group.name = TextOf(body, "Name");
  group.description = TextOf(body, "Description");
  if (auto refusal = CheckName(group.name)) return *refusal;
  const std::string type = TextOf(body, "GroupType");
  if (type == kLiveness && shared_.options.liveness_groups) {
    group.type = type;
  } else if (!type.empty() && type != "AIGC") {
    return InvalidParameter("GroupType", "GroupType must be one of [AIGC]");
  }
  const absl::Time now = shared_.clock.Now();
  group.id = shared_.ids.Dated("group", now);
  group.key = key;
  group.created = group.updated = now;
  group.visible = now + shared_.options.group_lag;
  shared_.world.AddGroup(group);
  shared_.ledger.Bill({0, key, "CreateAssetGroup", "volc-asset", group.id, now});
  return JsonReply(200, {{"Id", group.id}});
}

ApiReply AnyFastAssets::ListGroups(const std::string& key, const ApiCall&, const Json& body) {
  AnyFastFilter filter;
  if (auto refusal = ReadAnyFastFilter(body, filter)) return *refusal;
  std::vector<Json> items;
  for (const Group& group : shared_.world.Groups(key, shared_.clock.Now())) {
    if (!FitsType(filter, group.type) || !Admits(filter.ids, group.id)) continue;
    if (absl::StrContains(ShownName(group), filter.name)) items.push_back(GroupJson(group));
  }
  return JsonReply(200, AnyFastPage(std::move(items), filter));
}

ApiReply AnyFastAssets::UpdateGroup(const std::string& key, const ApiCall&, const Json& body) {
  const std::string id = TextOf(body, "Id");
  if (id.empty()) return Missing("Id");
  const std::string name = TextOf(body, "Name");
  if (auto refusal = CheckName(name)) return *refusal;
  if (!shared_.world.RenameGroup(key, id, name, shared_.clock.Now())) return NoGroup(id);
  return JsonReply(200, {{"Id", id}});
}

ApiReply AnyFastAssets::DeleteGroup(const std::string& key, const ApiCall&, const Json& body) {
  const std::string id = TextOf(body, "Id");
  if (id.empty()) return Missing("Id");
  if (!shared_.world.DeleteGroup(key, id, shared_.clock.Now())) return NoGroup(id);
  return JsonReply(200, {{"Id", id}, {"Deleted", true}});
}

ApiReply AnyFastAssets::CreateAsset(const std::string& key, const ApiCall& call, const Json& body) {
  Asset asset;
  asset.key = key;
  asset.group = TextOf(body, "GroupId");
  asset.name = TextOf(body, "Name");
  if (asset.group.empty()) return Missing("GroupId");
  if (auto refusal = CheckName(asset.name)) return *refusal;
  if (auto refusal = ReadKind(body, call.multipart, asset)) return *refusal;
  if (auto refusal = ReadSource(call, body, shared_.options.strict_media, asset)) return *refusal;
  return AddAsset(std::move(asset));
}

ApiReply AnyFastAssets::AddAsset(Asset asset) {
  const absl::Time now = shared_.clock.Now();
  // Looked up first so that the common refusal uses up no id.
  if (!shared_.world.FindGroup(asset.key, asset.group, now).has_value()) return NoGroup(asset.group);
  asset.id = shared_.ids.Dated("asset", now);
  asset.created = asset.updated = now;
  asset.fetching = shared_.options.fetch_urls && !asset.source_url.empty();
  ApplyAssetWords(shared_.options.asset_time, asset);
  // A name that is taken gets the same misleading answer as a missing group.
  if (shared_.world.AddAsset(asset) != World::AddResult::kAdded) return NoGroup(asset.group);
  shared_.ledger.Bill({0, asset.key, "CreateAsset", asset.model, asset.id, now});
  if (asset.fetching) {
    shared_.fetcher.Fetch(asset.source_url, [shared = shared_, id = asset.id](const std::optional<UploadedFile>& file) {
      shared.world.ChangeAsset(id, [&](Asset& fetched) { TakeFetched(file, shared.options.strict_media, fetched); });
    });
  }
  return JsonReply(200, {{"Id", asset.id}});
}

ApiReply AnyFastAssets::GetAsset(const std::string& key, const ApiCall& call, const Json& body) {
  const std::string id = TextOf(body, "Id");
  if (id.empty()) return Missing("Id");
  const std::optional<Asset> asset = shared_.world.FindAsset(key, id);
  return asset.has_value() ? JsonReply(200, AssetJson(*asset, call.host)) : NoAsset(id);
}

ApiReply AnyFastAssets::ListAssets(const std::string& key, const ApiCall& call, const Json& body) {
  AnyFastFilter filter;
  if (auto refusal = ReadAnyFastFilter(body, filter)) return *refusal;
  const absl::Time now = shared_.clock.Now();
  std::vector<Json> items;
  for (const Asset& asset : shared_.world.Assets(key)) {
    const std::optional<Group> group = shared_.world.FindGroup(key, asset.group, now);
    const std::string type = group.has_value() ? group->type : "AIGC";
    if (!FitsType(filter, type) || !Admits(filter.ids, asset.group)) continue;
    if (!Admits(filter.statuses, AssetStatus(asset, now))) continue;
    if (absl::StrContains(asset.name, filter.name)) items.push_back(AssetJson(asset, call.host));
  }
  return JsonReply(200, AnyFastPage(std::move(items), filter));
}

ApiReply AnyFastAssets::UpdateAsset(const std::string& key, const ApiCall&, const Json& body) {
  const std::string id = TextOf(body, "Id");
  if (id.empty()) return Missing("Id");
  if (!shared_.world.FindAsset(key, id).has_value()) return NoAsset(id);
  const std::string name = TextOf(body, "Name");
  const std::string group = TextOf(body, "GroupId");
  if (name.empty() && group.empty()) return Missing("Name");
  if (!name.empty()) {
    if (auto refusal = CheckName(name)) return *refusal;
  }
  const absl::Time now = shared_.clock.Now();
  if (!group.empty() && !shared_.world.FindGroup(key, group, now).has_value()) return NoGroup(group);
  const bool changed = shared_.world.ChangeAsset(id, [&](Asset& asset) {
    if (!name.empty()) asset.name = name;
    if (!group.empty()) asset.group = group;
    asset.updated = now;
  });
  return changed ? JsonReply(200, {{"Id", id}}) : NoAsset(id);
}

ApiReply AnyFastAssets::DeleteAsset(const std::string& key, const ApiCall&, const Json& body) {
  const std::string id = TextOf(body, "Id");
  if (id.empty()) return Missing("Id");
  if (!shared_.world.DeleteAsset(key, id)) return NoAsset(id);
  return JsonReply(200, {{"Id", id}, {"Deleted", true}});
}

// The sandbox's keys are ordinary ones, and only keys of a special group may verify real persons.
ApiReply AnyFastAssets::NeedsRealPersonGroup(const std::string&, const ApiCall&, const Json&) {
  return InvalidParameter("GroupType", "GroupType must be one of [AIGC]");
}

std::string AnyFastAssets::ShownName(const Group& group) const {
  return shared_.options.prefix_names ? absl::StrCat("[u-1]-[t-2]", group.name) : group.name;
}

Json AnyFastAssets::GroupJson(const Group& group) const {
  return {{"Id", group.id},
          {"Name", ShownName(group)},
          {"Description", group.description},
          {"GroupType", group.type},
          {"ProjectName", "default"},
          {"CreateTime", Iso(group.created)},
          {"UpdateTime", Iso(group.updated)}};
}

Json AnyFastAssets::AssetJson(const Asset& asset, const std::string& host) const {
  const absl::Time now = shared_.clock.Now();
  Json json = {{"Id", asset.id},
               {"Name", asset.name},
               {"URL", shared_.links.Sign(host, AssetPath(asset.id), now + shared_.options.link_life)},
               {"AssetType", KindWord(asset.kind)},
               {"GroupId", asset.group},
               {"Status", AssetStatus(asset, now)},
               {"ProjectName", "default"},
               {"CreateTime", Iso(asset.created)},
               {"UpdateTime", Iso(std::max(asset.updated, std::min(asset.settled, now)))}};
  if (json["Status"] == "Failed") {
    json["Error"] = {{"Code", asset.failure_code}, {"Message", absl::StrCat("asset refused: ", asset.failure_code)}};
  }
  return json;
}

}  // namespace seedance::sandbox
