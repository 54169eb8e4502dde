#include "tests/e2e/foreign_vendor.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace seedance::e2e {
namespace {

using Json = nlohmann::json;

constexpr char kNow[] = "2026-06-01T10:15:00Z";
constexpr char kPrefix[] = "[u-42]-[t-7]";

void Reply(httplib::Response& response, int status, const Json& body) {
  response.status = status;
  response.set_content(body.dump(), "application/json; charset=utf-8");
}

// /volc/asset/*: no type, no code.
void AssetError(httplib::Response& response, int status, const std::string& text) {
  Reply(response, status, {{"error", {{"message", "upstream_error: " + text}}}});
}

// Task endpoints.
void TaskError(httplib::Response& response, int status, const std::string& code, const std::string& message) {
  Reply(response, status, {{"code", code}, {"message", message}, {"data", nullptr}});
}

std::string Text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

template <typename Request>
Json FieldsOfParts(const Request& request, std::string& bytes) {
  Json fields = Json::object();
  if constexpr (requires { request.form; }) {  // cpp-httplib 0.23 and newer.
    for (const auto& [name, part] : request.form.fields) fields[name] = part.content;
    if (request.form.has_file("file")) bytes = request.form.get_file("file").content;
  } else {
    for (const auto& [name, part] : request.files) {
      if (name == "file") {
        bytes = part.content;
      } else {
        fields[name] = part.content;
      }
    }
  }
  return fields;
}

// The fields of an asset request, from JSON or from parts.
Json FieldsOf(const httplib::Request& request, std::string& bytes) {
  if (!request.is_multipart_form_data()) return Json::parse(request.body, nullptr, false);
  return FieldsOfParts(request, bytes);
}

}  // namespace

ForeignVendor::ForeignVendor(size_t result_bytes) {
  Route();
  // Readers of results may stall.
  storage_.new_task_queue = [] { return new httplib::ThreadPool(64); };
  storage_.Get("/cdn/(.+)", [result_bytes](const httplib::Request&, httplib::Response& response) {
    // No Range support: always the whole file, and a media type that says nothing.
    response.set_header("Accept-Ranges", "none");
    std::string video = Video();
    video.resize(std::max(video.size(), result_bytes), 'v');
    response.set_content(std::move(video), "application/octet-stream");
  });
  // cpp-httplib itself would answer ranges.
  storage_.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
    const_cast<httplib::Request&>(request).ranges.clear();
    return httplib::Server::HandlerResponse::Unhandled;
  });
  api_port_ = api_.bind_to_any_port("127.0.0.1");
  storage_port_ = storage_.bind_to_any_port("127.0.0.1");
  api_thread_ = std::thread([this] { api_.listen_after_bind(); });
  storage_thread_ = std::thread([this] { storage_.listen_after_bind(); });
  // Connections wait in the queue from the bind on, but stop() needs a server that runs.
  while (!api_.is_running() || !storage_.is_running()) std::this_thread::yield();
}

ForeignVendor::~ForeignVendor() {
  api_.stop();
  storage_.stop();
  api_thread_.join();
  storage_thread_.join();
}

// With a path in front, as behind a reverse proxy.
std::string ForeignVendor::url() const { return absl::StrCat("http://127.0.0.1:", api_port_, "/brand"); }

std::string ForeignVendor::Video() { return std::string("\0\0\0\x18", 4) + "ftypisom" + std::string(300000, 'v'); }

int ForeignVendor::Count(const std::string& action) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_[action];
}

std::vector<std::string> ForeignVendor::Complaints() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return complaints_;
}

std::vector<Json> ForeignVendor::Submitted() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return submitted_;
}

void ForeignVendor::Forget() {
  const std::lock_guard<std::mutex> lock(mutex_);
  tasks_.clear();
}

void ForeignVendor::Route() {
  api_.Post("/brand/volc/asset/([A-Za-z]+)", [this](const httplib::Request& request, httplib::Response& response) {
    if (Authorized(request, response)) OnAsset(request.matches[1], request, response);
  });
  api_.Post("/brand/v1/video/generations", [this](const httplib::Request& request, httplib::Response& response) {
    if (Authorized(request, response)) OnSubmit(request, response);
  });
  api_.Get("/brand/v1/video/generations/([^/]+)", [this](const httplib::Request& request, httplib::Response& response) {
    if (Authorized(request, response)) OnPoll(request.matches[1], response);
  });
}

bool ForeignVendor::Authorized(const httplib::Request& request, httplib::Response& response) {
  if (request.get_header_value("Authorization") == absl::StrCat("Bearer ", kKey)) return true;
  Reply(response, 401, {{"error", {{"message", "Invalid token (request id: 2026)"}, {"type", "new_api_error"}}}});
  return false;
}

void ForeignVendor::Complain(const std::string& what) { complaints_.push_back(what); }

Json ForeignVendor::ListOf(const std::vector<Json>& items, const Json& request) const {
  const int page = request.value("PageNumber", 1);
  const int size = request.value("PageSize", 10);
  Json shown = Json::array();
  for (int i = (page - 1) * size; i < std::min(page * size, static_cast<int>(items.size())); ++i) {
    shown.push_back(items[static_cast<size_t>(i)]);
  }
  return {{"TotalCount", items.size()}, {"Items", shown}, {"PageSize", size}, {"PageNumber", page}};
}

void ForeignVendor::OnAsset(const std::string& action, const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_[action];
  std::string bytes;
  const Json fields = FieldsOf(request, bytes);
  if (!fields.is_object()) return AssetError(response, 400, "[InvalidParameter.Body] not JSON");
  const std::string id = Text(fields, "Id");
  if (action == "CreateAssetGroup") {
    const std::string group = absl::StrCat("group-20260601101400-", ++next_);
    groups_[group] = {{"Id", group}, {"Name", kPrefix + Text(fields, "Name")}, {"GroupType", "AIGC"}};
    return Reply(response, 200, {{"Id", group}});
  }
  if (action == "CreateAsset") {
    if (groups_.count(Text(fields, "GroupId")) == 0) {
      return AssetError(response, 404, "[NotFound.group_id] The specified asset_group is not found.");
    }
    return Reply(response, 200, CreateAsset(fields, bytes));
  }
  if (action == "GetAsset") {
    if (assets_.count(id) == 0) return AssetError(response, 404, "[NotFound.asset_id] no such asset");
    return Reply(response, 200, assets_[id].shown);
  }
  if (action == "ListAssetGroups" || action == "ListAssets") {
    if (!fields.contains("Filter")) Complain(action + " without Filter");
    const Json filter = fields.value("Filter", Json::object());
    std::vector<Json> items;
    const auto wanted = [&](const Json& item, const char* key) {
      const Json ids = filter.value("GroupIds", Json::array());
      return ids.empty() || std::find(ids.begin(), ids.end(), item[key]) != ids.end();
    };
    for (const auto& [name, group] : groups_) {
      if (action == "ListAssetGroups" && wanted(group, "Id")) items.push_back(group);
    }
    for (const auto& [name, asset] : assets_) {
      if (action == "ListAssets" && wanted(asset.shown, "GroupId")) items.push_back(asset.shown);
    }
    return Reply(response, 200, ListOf(items, fields));
  }
  AssetError(response, 404, absl::StrCat("[InvalidAction] ", action));
}

Json ForeignVendor::CreateAsset(const Json& fields, const std::string& bytes) {
  const std::string type = fields.value("AssetType", "Image");
  const std::map<std::string, std::string> models = {
      {"Image", "volc-asset"}, {"Video", "volc-asset-video"}, {"Audio", "volc-asset-audio"}};
  if (models.count(type) == 0) Complain("AssetType " + type);
  if (type != "Image" && Text(fields, "model") != models.at(type)) Complain("model of " + type);
  if (bytes.empty() && Text(fields, "URL").empty()) Complain("neither file nor URL");
  const std::string id = absl::StrCat("asset-20260601101500-", ++next_);
  // Active from the first look; fields that this brand leaves out are left out.
  assets_[id] = {{{"Id", id},
                  {"Name", Text(fields, "Name")},
                  {"URL", ""},
                  {"AssetType", type},
                  {"GroupId", Text(fields, "GroupId")},
                  {"Status", "Active"},
                  {"CreateTime", kNow},
                  {"UpdateTime", kNow}},
                 bytes};
  return {{"Id", id}, {"VerifyUrl", ""}};
}

void ForeignVendor::OnSubmit(const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_["submit"];
  const Json body = Json::parse(request.body, nullptr, false);
  if (!absl::StartsWith(request.get_header_value("Content-Type"), "application/json")) Complain("Content-Type");
  if (Text(body, "model").empty()) Complain("no model");
  // Text, images, videos, audios; nothing may stand before its kind.
  const std::vector<std::string> order = {"text", "image_url", "video_url", "audio_url"};
  std::ptrdiff_t last = 0;
  for (const Json& item : body.value("content", Json::array())) {
    const std::string type = Text(item, "type");
    const auto kind = std::find(order.begin(), order.end(), type) - order.begin();
    if (kind < last || kind == 4) Complain("order of content: " + type);
    last = kind;
    if (kind == 0) continue;
    const std::string link = Text(item.value(type, Json::object()), "url");
    const std::string asset = absl::StartsWith(link, "asset://") ? link.substr(8) : "";
    if (assets_.count(asset) == 0) Complain("unknown reference " + link);
  }
  submitted_.push_back(body);
  const std::string id = absl::StrCat("cgt-20260601101900-", ++next_);
  tasks_[id] = {body, 0};
  // As on the reference page: an Ark id and an empty status.
  Reply(response, 200,
        {{"id", id},
         {"task_id", id},
         {"object", "video"},
         {"model", Text(body, "model")},
         {"status", ""},
         {"progress", 0},
         {"created_at", 1780000000}});
}

void ForeignVendor::OnPoll(const std::string& id, httplib::Response& response) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_["poll"];
  const auto found = tasks_.find(id);
  // Stock new-api says 400 where AnyFast says 404.
  if (found == tasks_.end()) return TaskError(response, 400, "task_not_exist", "task_not_exist");
  Reply(response, 200, {{"code", "success"}, {"message", ""}, {"data", PollBody(id, found->second)}});
  ++found->second.polls;
}

Json ForeignVendor::PollBody(const std::string& id, const Task& task) const {
  const std::vector<std::string> words = {"SUBMITTED", "UNKNOWN", "queued", "In_Progress", "IN_PROGRESS"};
  const bool blocked = absl::StrContains(task.body.dump(), "forbidden");
  const bool over = task.polls >= static_cast<int>(words.size());
  // Stock keys that AnyFast trims; progress as a number.
  Json data = {{"id", 77},
               {"created_at", 1780000000},
               {"updated_at", 1780000009},
               {"task_id", id},
               {"platform", "54"},
               {"user_id", 42},
               {"group", "vip"},
               {"channel_id", 3},
               {"quota", 150000},
               {"action", "omniGenerate"},
               {"properties", {{"input", ""}}},
               {"username", "brand"},
               {"submit_time", 1780000000},
               {"start_time", 0},
               {"finish_time", 0},
               {"fail_reason", ""},
               {"status", over ? (blocked ? "failure" : "success") : words[static_cast<size_t>(task.polls)]},
               {"progress", over ? 100 : task.polls * 20}};
  if (!over) {
    data["data"] = nullptr;
    return data;
  }
  if (blocked) {
    data["fail_reason"] = "The request failed because the output video may contain sensitive information.";
    data["data"] = {{"error", {{"code", "OutputVideoSensitiveContentDetected"}, {"message", "blocked"}}}};
    return data;
  }
  data["data"] = {{"id", "cgt-1"}, {"status", "succeeded"}, {"usage", {{"total_tokens", 108900}}}};
  data["result_url"] = absl::StrCat("http://127.0.0.1:", storage_port_, "/cdn/", id, ".mp4?X-Tos-Expires=86400");
  return data;
}

}  // namespace seedance::e2e
