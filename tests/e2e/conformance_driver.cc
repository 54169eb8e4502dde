// Driver of the conformance suite (client/conformance/README.md).
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/request_id.h"

namespace seedance::client {
namespace {

using gateway::v1::Asset;
using gateway::v1::GenerationTask;
using nlohmann::json;

void Say(const json& what) { std::cout << what.dump() << std::endl; }

std::string WithoutPrefix(const std::string& name) { return name.substr(std::string("STATE_").size()); }
std::string StateName(const GenerationTask& task) { return WithoutPrefix(GenerationTask::State_Name(task.state())); }

// The names of gRPC's statuses are those of absl.
json Described(const absl::Status& status) {
  const ErrorDetails details = DecodeError(status);
  json violations = json::array();
  for (const FieldViolation& each : details.violations) violations.push_back({each.field, each.description});
  const auto find = [&details](const char* key) {
    const auto found = details.metadata.find(key);
    return found == details.metadata.end() ? json() : json(found->second);
  };
  return {{"type", details.reason},
          {"reason", details.reason},
          {"code", absl::StatusCodeToString(status.code())},
          {"message", std::string(status.message())},
          {"advice", find("advice")},
          {"retry_delay", details.retry_delay.has_value() ? json(absl::ToDoubleSeconds(*details.retry_delay)) : json()},
          {"resource_name", details.resource_name},
          {"upstream_code", find("upstream_code")},
          {"violations", violations}};
}

// 0x55 bytes, which are no picture; counts what was read.
class Noise : public UploadSource {
 public:
  explicit Noise(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  absl::Status Rewind() override {
    at_ = 0;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Read(size_t most) override {
    const int64_t count = std::min<int64_t>(static_cast<int64_t>(most), size_ - at_);
    at_ += count;
    most_ = std::max(most_, at_);
    return std::string(static_cast<size_t>(count), '\x55');
  }
  int64_t most() const { return most_; }

 private:
  const int64_t size_;
  int64_t at_ = 0;
  int64_t most_ = 0;
};

// One operation each. An error of the client is the result.
class Driver {
 public:
  explicit Driver(Client& client) : client_(client) {}

  absl::StatusOr<json> Job(const json& params) {
    const absl::StatusOr<std::string> group = CreateGroup();
    if (!group.ok()) return group.status();
    gateway::v1::UploadAssetRequest::Metadata metadata;
    metadata.mutable_asset()->set_asset_group(*group);
    metadata.mutable_asset()->set_display_name("hero");
    absl::StatusOr<Asset> asset = client_.UploadFile(params["file"], metadata);
    if (asset.ok()) asset = client_.WatchAsset(asset->name(), nullptr);
    if (!asset.ok()) return asset.status();
    gateway::v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("@image1 walks in the rain");
    request.mutable_generation_task()->add_references()->set_asset(asset->name());
    const absl::StatusOr<GenerationTask> task = client_.CreateGenerationTask(request);
    if (!task.ok()) return task.status();
    absl::StatusOr<json> result = Watch({{"name", task->name()}});
    if (!result.ok()) return result;
    const absl::StatusOr<json> file = Download({{"name", task->name()}, {"output", params["output"]}});
    if (!file.ok()) return file;
    result->update(*file);
    (*result)["asset_state"] = WithoutPrefix(Asset::State_Name(asset->state()));
    return result;
  }

  absl::StatusOr<json> Create(const json& params) {
    gateway::v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt(params.value("prompt", "a cat walks in the rain"));
    const absl::StatusOr<GenerationTask> task = client_.CreateGenerationTask(request);
    if (!task.ok()) return task.status();
    return json{{"name", task->name()}};
  }

  absl::StatusOr<json> Watch(const json& params) {
    const auto pause = std::chrono::duration<double>(params.value("pause", 0.0));
    const auto tell = [pause](const GenerationTask& snapshot) {
      Say({{"event", "snapshot"}, {"state", StateName(snapshot)}, {"revision", snapshot.revision()}});
      std::this_thread::sleep_for(pause);
    };
    const absl::StatusOr<GenerationTask> task = client_.WatchGenerationTask(params["name"], tell);
    if (!task.ok()) return task.status();
    return json{{"name", task->name()}, {"state", StateName(*task)}};
  }

  absl::StatusOr<json> Generate(const json& params) {
    const absl::StatusOr<json> created = Create(params);
    if (!created.ok()) return created;
    json watched = params;
    watched.update(*created);
    return Watch(watched);
  }

  absl::StatusOr<json> Tasks(const json& params) {
    std::map<std::string, std::string> states;  // The live map.
    std::vector<std::string> names;
    absl::Status failed;
    Canceller enough;
    TasksCallbacks callbacks;
    const auto check = [&] {
      const auto succeeded = [&](const std::string& name) {
        const auto found = states.find(name);
        return found != states.end() && found->second == "SUCCEEDED";
      };
      if (!names.empty() && std::all_of(names.begin(), names.end(), succeeded)) enough.Cancel();
    };
    callbacks.on_synced = [&] {
      while (names.size() < params["count"].get<size_t>()) {
        const absl::StatusOr<json> created = Create(params);
        if (!created.ok()) {
          failed = created.status();
          return enough.Cancel();
        }
        names.push_back((*created)["name"]);
      }
      check();
    };
    callbacks.on_task = [&](const GenerationTask& task) {
      states[task.name()] = StateName(task);
      Say({{"event", "change"}, {"state", StateName(task)}});
      check();
    };
    callbacks.on_removed = [&](const std::string& name) {
      states.erase(name);
      Say({{"event", "change"}, {"state", ""}});
    };
    callbacks.on_reset = [&] { states.clear(); };
    WatchOptions options;
    options.canceller = &enough;
    const absl::Status ended = client_.WatchGenerationTasks({}, callbacks, options);
    if (!failed.ok()) return failed;
    if (!enough.cancelled()) return ended;
    json result = json::array();
    for (const std::string& name : names) result.push_back(states[name]);
    return json{{"states", result}};
  }

  absl::StatusOr<json> Upload(const json& params) {
    const absl::StatusOr<std::string> group = CreateGroup();
    if (!group.ok()) return group.status();
    gateway::v1::UploadAssetRequest::Metadata metadata;
    metadata.set_file_name("hero.png");
    metadata.mutable_asset()->set_asset_group(*group);
    metadata.mutable_asset()->set_display_name("hero");
    metadata.mutable_asset()->set_media_type(gateway::v1::MEDIA_TYPE_IMAGE);
    Say({{"event", "ready"}});
    Noise noise(params.value("size", int64_t{0}));
    const absl::StatusOr<Asset> asset =
        params.contains("file") ? client_.UploadFile(params["file"], metadata) : client_.Upload(noise, metadata);
    if (!asset.ok()) return json{{"error", Described(asset.status())}, {"read", noise.most()}};
    return json{{"asset", asset->name()}};
  }

  absl::StatusOr<json> Download(const json& params) {
    const absl::StatusOr<DownloadResult> file = client_.DownloadGenerationResult(params["name"], params["output"]);
    if (!file.ok()) return file.status();
    return json{{"size", file->size_bytes}, {"sha256", file->sha256}};
  }

  absl::StatusOr<json> Errors(const json& params) {
    json errors = json::array();
    for (const std::string name : params["names"]) {
      const absl::StatusOr<GenerationTask> task = client_.GetGenerationTask(name);
      if (!task.ok()) errors.push_back(Described(task.status()));
    }
    return json{{"errors", errors}};
  }

 private:
  absl::StatusOr<std::string> CreateGroup() {
    gateway::v1::CreateAssetGroupRequest request;
    request.mutable_asset_group()->set_display_name("conformance " + NewRequestId());
    const absl::StatusOr<gateway::v1::AssetGroup> group = client_.CreateAssetGroup(request);
    if (!group.ok()) return group.status();
    return group->name();
  }

  Client& client_;
};

int Main() {
  std::string line;
  std::getline(std::cin, line);
  const json asked = json::parse(line);
  const json& params = asked["params"];
  using Operation = absl::StatusOr<json> (Driver::*)(const json&);
  const std::map<std::string, Operation> operations = {{"job", &Driver::Job},       {"create", &Driver::Create},
                                                       {"watch", &Driver::Watch},   {"tasks", &Driver::Tasks},
                                                       {"upload", &Driver::Upload}, {"generate", &Driver::Generate},
                                                       {"errors", &Driver::Errors}, {"download", &Driver::Download}};
  const auto operation = operations.find(asked["operation"]);
  if (operation == operations.end()) {
    Say({{"result", {{"unsupported", asked["operation"]}}}});
    return 0;
  }
  ClientOptions options;
  options.endpoint = asked["endpoint"];
  options.retry.attempts = params.value("attempts", options.retry.attempts);
  const auto client = Client::Create(options);
  if (!client.ok()) return 1;
  Driver driver(**client);
  const absl::StatusOr<json> result = (driver.*operation->second)(params);
  Say({{"result", result.ok() ? *result : json{{"error", Described(result.status())}}}});
  return 0;
}

}  // namespace
}  // namespace seedance::client

int main() { return seedance::client::Main(); }
