#include "tests/contract/store_samples.h"

#include <optional>
#include <sstream>
#include <string_view>

namespace seedance::testing {
namespace {

// Lines `name: value`.
class Lines {
 public:
  Lines& Add(std::string_view name, const std::string& value) {
    out_ << name << ": " << value << '\n';
    return *this;
  }
  Lines& Add(std::string_view name, const model::UpstreamHandle& handle) {
    return Add(name, handle.upstream + " ~ " + handle.id);
  }
  Lines& Add(std::string_view name, absl::Time time) {
    return Add(name, absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()));
  }
  Lines& Add(std::string_view name, const model::Failure& failure) {
    return Add(name,
               std::to_string(static_cast<int>(failure.reason)) + " " + failure.upstream_code + " " + failure.message);
  }
  template <typename Value>
  Lines& Number(std::string_view name, Value value) {
    out_ << name << ": " << value << '\n';
    return *this;
  }
  template <typename Value>
  Lines& Optional(std::string_view name, const std::optional<Value>& value) {
    out_ << name << ": ";
    if (value.has_value()) {
      out_ << *value << '\n';
    } else {
      out_ << "none\n";
    }
    return *this;
  }
  template <typename Enum>
  Lines& Enumerator(std::string_view name, Enum value) {
    return Number(name, static_cast<int>(value));
  }
  std::string text() const { return out_.str(); }

 private:
  std::ostringstream out_;
};

void AddRequest(const model::TaskRequest& request, Lines& lines) {
  lines.Add("upstream", request.upstream).Add("model", request.model).Add("prompt", request.prompt);
  for (const model::Reference& reference : request.references) {
    lines.Add("reference", reference.label).Enumerator("role", reference.role).Add("uri", reference.uri);
    lines.Number("ephemeral", reference.ephemeral);
    if (reference.asset.has_value()) lines.Add("asset", *reference.asset);
  }
  lines.Enumerator("resolution", request.resolution)
      .Add("aspect_ratio", request.aspect_ratio)
      .Optional("duration", request.duration_seconds)
      .Optional("seed", request.seed)
      .Optional("generate_audio", request.generate_audio)
      .Optional("watermark", request.watermark)
      .Number("return_last_frame", request.return_last_frame)
      .Number("web_search", request.web_search);
  for (const auto& [key, value] : request.labels) lines.Add("label " + key, value);
  lines.Optional("ephemeral_hours", request.ephemeral_hours)
      .Number("wait_for_assets", request.wait_for_assets)
      .Number("recreate_expired_assets", request.recreate_expired_assets)
      .Number("allow_model_upgrade", request.allow_model_upgrade)
      .Add("sent_prompt", request.sent_prompt);
}

void AddResult(const model::TaskResult& result, Lines& lines) {
  lines.Add("video_uri", result.video_uri)
      .Add("last_frame_uri", result.last_frame_uri)
      .Add("result.expire_time", result.expire_time)
      .Number("size_bytes", result.size_bytes)
      .Add("sha256", result.sha256)
      .Optional("completion_tokens", result.completion_tokens)
      .Optional("total_tokens", result.total_tokens);
}

}  // namespace

absl::Time At(double seconds) { return absl::FromUnixSeconds(1'790'000'000) + absl::Seconds(seconds); }

model::AssetGroup MakeGroup(const std::string& id) {
  model::AssetGroup group;
  group.handle = {"vendor", id};
  group.tenant = "tenant-a";
  group.display_name = "Group " + id;
  group.create_time = At(0);
  group.update_time = At(0);
  return group;
}

model::Asset MakeAsset(const std::string& id) {
  model::Asset asset;
  asset.handle = {"vendor", id};
  asset.tenant = "tenant-a";
  asset.group = {"vendor", "group"};
  asset.display_name = "Asset " + id;
  asset.media_type = model::MediaType::kImage;
  asset.state = model::AssetState::kProcessing;
  asset.create_time = At(0);
  asset.update_time = At(0);
  return asset;
}

model::GenerationTask MakeTask(const std::string& id) {
  model::GenerationTask task;
  task.id = id;
  task.tenant = "tenant-a";
  task.request.upstream = "vendor";
  task.state = model::TaskState::kPending;
  task.create_time = At(0);
  task.update_time = At(0);
  return task;
}

model::JournalEntry MakeCall(const std::string& request_id) {
  model::JournalEntry call;
  call.key = {"tenant-a", "CreateAsset", request_id};
  call.fingerprint = {{"asset.display_name", "Cat"}, {"asset.group", "assetGroups/vendor~g"}};
  call.create_time = At(0);
  call.update_time = At(0);
  return call;
}

model::AssetGroup FullGroup() {
  model::AssetGroup group = MakeGroup("full/../\"~|'; DROP TABLE assets;--");
  group.display_name = "Katzen 猫 \xff\"'";
  group.description = std::string("two\nlines\0and a zero", 21);
  group.type = model::GroupType::kLivenessFace;
  group.create_time = At(1.25);
  group.update_time = At(2.5) + absl::Nanoseconds(1);
  return group;
}

model::Asset FullAsset() {
  model::Asset asset = MakeAsset("full\"'");
  asset.group = {"other-vendor", "group-9"};
  asset.display_name = "Katze 猫";
  asset.media_type = model::MediaType::kVideo;
  asset.state = model::AssetState::kFailed;
  asset.error = {base::Reason::kInputModeration, "451", "the vendor says no \xe7\x8c"};
  asset.media_info = {"mp4", 1920, 1080, absl::Milliseconds(5067), 29.97, 12'345'678'901, "abcdef"};
  asset.preview_uri = "https://vendor.test/a?b=c";
  asset.create_time = At(3.000001);
  asset.update_time = At(-4.5);
  asset.expire_time = At(1000);
  asset.vendor_id = "full-2";
  asset.last_used_time = At(999.5);
  asset.source_uri = "https://example.test/猫.mp4";
  asset.recreations = 3;
  asset.rights_note = "signed by 猫 \xff on 2026-11-01";
  asset.task_uses = 2;
  return asset;
}

model::GenerationTask FullTask() {
  model::GenerationTask task = MakeTask("0190a5d2-0000-7000-8000-000000000001");
  model::TaskRequest& request = task.request;
  request.model = "seedance-2.0";
  request.prompt = "{hero} runs 跑 \xff";
  request.references = {{"hero", model::ReferenceRole::kReferenceImage, model::UpstreamHandle{"vendor", "a1"}, ""},
                        {"", model::ReferenceRole::kReferenceAudio, std::nullopt, "https://example.test/x.mp3", true}};
  request.resolution = model::Resolution::k4k;
  request.aspect_ratio = "16:9";
  request.duration_seconds = -1;
  request.seed = 4'294'967'295;
  request.generate_audio = false;
  request.watermark = true;
  request.return_last_frame = true;
  request.web_search = true;
  request.labels = {{"order", "17"}, {"zone", ""}};
  request.ephemeral_hours = 0;
  request.wait_for_assets = true;
  request.recreate_expired_assets = true;
  request.allow_model_upgrade = true;
  request.sent_prompt = "@image1 runs 跑 \xff";
  task.state = model::TaskState::kLost;
  task.progress_percent = 42;
  task.progress_source = model::ProgressSource::kEstimated;
  task.error = {base::Reason::kInternal, "E7", "gone"};
  task.result = {"https://v.test/1.mp4", "https://v.test/1.png", At(50), 1 << 30, "0123", 0, 108'900};
  task.state_message = "waits for a machine";
  task.upstream_task_id = "cgt-1";
  task.create_time = At(1);
  task.update_time = At(2);
  task.submit_time = At(3);
  task.start_time = At(4);
  task.end_time = At(5);
  task.deadline_time = At(6);
  task.warnings = {"reference 2 is never mentioned", "cut \xe7"};
  task.estimated_cost = {"USD", 1'250'000};
  task.estimated_cost_least = {"USD", 1};
  task.estimated_cost_most = {"USD", 9'000'000};
  task.settled_cost = {"USD", 1'125'000};
  task.sent_seed = 2'147'483'647;
  task.sent_key_id = "0123456789abcdef";
  task.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  task.detached = true;
  return task;
}

model::JournalEntry FullCall() {
  model::JournalEntry call = MakeCall("0190a5d2-0000-4000-8000-000000000002");
  call.state = model::JournalState::kInDoubt;
  call.resource_name = "assets/vendor~a1";
  call.error = std::string("\x08\x02\xff\x00 bytes", 10);
  call.update_time = At(7);
  call.group = FullGroup();
  call.asset = FullAsset();
  return call;
}

std::string Describe(const model::AssetGroup& group) {
  return Lines()
      .Add("handle", group.handle)
      .Add("tenant", group.tenant)
      .Add("display_name", group.display_name)
      .Add("description", group.description)
      .Enumerator("type", group.type)
      .Add("create_time", group.create_time)
      .Add("update_time", group.update_time)
      .text();
}

std::string Describe(const model::Asset& asset) {
  return Lines()
      .Add("handle", asset.handle)
      .Add("tenant", asset.tenant)
      .Add("group", asset.group)
      .Add("display_name", asset.display_name)
      .Enumerator("media_type", asset.media_type)
      .Enumerator("state", asset.state)
      .Add("error", asset.error)
      .Add("container", asset.media_info.container)
      .Number("width", asset.media_info.width)
      .Number("height", asset.media_info.height)
      .Add("duration", absl::FormatDuration(asset.media_info.duration))
      .Number("frame_rate", asset.media_info.frame_rate)
      .Number("size_bytes", asset.media_info.size_bytes)
      .Add("sha256", asset.media_info.sha256)
      .Add("preview_uri", asset.preview_uri)
      .Add("create_time", asset.create_time)
      .Add("update_time", asset.update_time)
      .Add("expire_time", asset.expire_time)
      .Add("vendor_id", asset.vendor_id)
      .Add("last_used_time", asset.last_used_time)
      .Add("source_uri", asset.source_uri)
      .Number("recreations", asset.recreations)
      .Add("rights_note", asset.rights_note)
      .Number("task_uses", asset.task_uses)
      .text();
}

std::string Describe(const model::GenerationTask& task) {
  Lines lines;
  lines.Add("id", task.id).Add("tenant", task.tenant);
  AddRequest(task.request, lines);
  lines.Enumerator("state", task.state)
      .Number("progress_percent", task.progress_percent)
      .Enumerator("progress_source", task.progress_source)
      .Add("error", task.error);
  AddResult(task.result, lines);
  for (const std::string& warning : task.warnings) lines.Add("warning", warning);
  lines.Add("least.currency", task.estimated_cost_least.currency).Number("least", task.estimated_cost_least.micros);
  lines.Add("most.currency", task.estimated_cost_most.currency).Number("most", task.estimated_cost_most.micros);
  lines.Add("cost.currency", task.estimated_cost.currency).Number("cost.micros", task.estimated_cost.micros);
  lines.Add("settled.currency", task.settled_cost.currency).Number("settled", task.settled_cost.micros);
  lines.Number("sent_seed", task.sent_seed.value_or(-1)).Add("sent_key_id", task.sent_key_id);
  lines.Add("traceparent", task.traceparent);
  lines.Number("detached", task.detached ? 1 : 0);
  return lines.Add("state_message", task.state_message)
      .Add("upstream_task_id", task.upstream_task_id)
      .Add("create_time", task.create_time)
      .Add("update_time", task.update_time)
      .Add("submit_time", task.submit_time)
      .Add("start_time", task.start_time)
      .Add("end_time", task.end_time)
      .Add("deadline_time", task.deadline_time)
      .text();
}

std::string Describe(const model::JournalEntry& call) {
  Lines lines;
  lines.Add("tenant", call.key.tenant).Add("method", call.key.method).Add("request_id", call.key.request_id);
  lines.Enumerator("state", call.state);
  for (const auto& [name, value] : call.fingerprint) lines.Add("fingerprint " + name, value);
  if (call.group.has_value()) lines.Add("group", Describe(*call.group));
  if (call.asset.has_value()) lines.Add("asset", Describe(*call.asset));
  return lines.Add("resource_name", call.resource_name)
      .Add("error", call.error)
      .Add("create_time", call.create_time)
      .Add("update_time", call.update_time)
      .text();
}

}  // namespace seedance::testing
