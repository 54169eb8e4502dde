#include "service/store/record.h"

#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "seedance/gateway/store/v1/record.pb.h"
#include "service/base/error.h"
#include "service/base/proto_time.h"

namespace seedance::store {
namespace {

namespace v1 = seedance::gateway::store::v1;
using google::protobuf::Timestamp;

bool IsFinite(absl::Time time) { return time != absl::InfinitePast() && time != absl::InfiniteFuture(); }

// `field` returns mutable_..() of a timestamp; called only when there is something to set.
template <typename Field>
void SetTime(absl::Time time, Field field) {
  if (IsFinite(time)) *field() = base::ToProto(time);
}

absl::Time GetTime(bool has, const Timestamp& proto, absl::Time otherwise) {
  return has ? base::FromProto(proto) : otherwise;
}

// Checks enum numbers against the last one known to this release.
class EnumReader {
 public:
  template <typename Enum>
  Enum Read(int number, Enum last) {
    if (number < 0 || number > static_cast<int>(last)) {
      known_ = false;
      return Enum{};
    }
    return static_cast<Enum>(number);
  }
  bool known() const { return known_; }

 private:
  bool known_ = true;
};

void WriteCost(const model::Cost& cost, v1::CostRecord& record) {
  record.set_currency(cost.currency);
  record.set_micros(cost.micros);
}

model::Cost ReadCost(const v1::CostRecord& record) { return {record.currency(), record.micros()}; }

absl::Status Unreadable() { return base::StoreUnavailable("unreadable_record"); }

template <typename Message>
std::optional<Message> Parse(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) return std::nullopt;
  return message;
}

void Write(const model::UpstreamHandle& handle, v1::HandleRecord& record) {
  record.set_upstream(handle.upstream);
  record.set_id(handle.id);
}

model::UpstreamHandle Read(const v1::HandleRecord& record) { return {record.upstream(), record.id()}; }

void Write(const model::Failure& failure, v1::FailureRecord& record) {
  record.set_reason(static_cast<int>(failure.reason));
  record.set_upstream_code(failure.upstream_code);
  record.set_message(failure.message);
}

model::Failure Read(const v1::FailureRecord& record, EnumReader& enums) {
  return {enums.Read(record.reason(), base::Reason::kCreationNotInDoubt), record.upstream_code(), record.message()};
}

void Write(const model::MediaInfo& info, v1::MediaInfoRecord& record) {
  record.set_container(info.container);
  record.set_width(info.width);
  record.set_height(info.height);
  *record.mutable_duration() = base::ToProto(info.duration);
  record.set_frame_rate(info.frame_rate);
  record.set_size_bytes(info.size_bytes);
  record.set_sha256(info.sha256);
}

model::MediaInfo Read(const v1::MediaInfoRecord& record) {
  model::MediaInfo info;
  info.container = record.container();
  info.width = record.width();
  info.height = record.height();
  info.duration = base::FromProto(record.duration());
  info.frame_rate = record.frame_rate();
  info.size_bytes = record.size_bytes();
  info.sha256 = record.sha256();
  return info;
}

void Write(const model::TaskRequest& request, v1::TaskRequestRecord& record) {
  record.set_upstream(request.upstream);
  record.set_model(request.model);
  record.set_prompt(request.prompt);
  for (const model::Reference& reference : request.references) {
    v1::ReferenceRecord& row = *record.add_references();
    row.set_label(reference.label);
    row.set_role(static_cast<int>(reference.role));
    if (reference.asset.has_value()) {
      Write(*reference.asset, *row.mutable_asset());
    } else {
      row.set_uri(reference.uri);
    }
    row.set_ephemeral(reference.ephemeral);
  }
  record.set_resolution(static_cast<int>(request.resolution));
  record.set_aspect_ratio(request.aspect_ratio);
  if (request.duration_seconds.has_value()) record.set_duration_seconds(*request.duration_seconds);
  if (request.seed.has_value()) record.set_seed(*request.seed);
  if (request.generate_audio.has_value()) record.set_generate_audio(*request.generate_audio);
  if (request.watermark.has_value()) record.set_watermark(*request.watermark);
  record.set_return_last_frame(request.return_last_frame);
  record.set_web_search(request.web_search);
  record.mutable_labels()->insert(request.labels.begin(), request.labels.end());
  if (request.ephemeral_hours.has_value()) record.set_ephemeral_hours(*request.ephemeral_hours);
  record.set_wait_for_assets(request.wait_for_assets);
  record.set_recreate_expired_assets(request.recreate_expired_assets);
  record.set_allow_model_upgrade(request.allow_model_upgrade);
  record.set_sent_prompt(request.sent_prompt);
}

model::TaskRequest Read(const v1::TaskRequestRecord& record, EnumReader& enums) {
  model::TaskRequest request;
  request.upstream = record.upstream();
  request.model = record.model();
  request.prompt = record.prompt();
  for (const v1::ReferenceRecord& row : record.references()) {
    model::Reference& reference = request.references.emplace_back();
    reference.label = row.label();
    reference.role = enums.Read(row.role(), model::ReferenceRole::kReferenceAudio);
    if (row.has_asset()) reference.asset = Read(row.asset());
    reference.uri = row.uri();
    reference.ephemeral = row.ephemeral();
  }
  request.resolution = enums.Read(record.resolution(), model::Resolution::k4k);
  request.aspect_ratio = record.aspect_ratio();
  if (record.has_duration_seconds()) request.duration_seconds = record.duration_seconds();
  if (record.has_seed()) request.seed = record.seed();
  if (record.has_generate_audio()) request.generate_audio = record.generate_audio();
  if (record.has_watermark()) request.watermark = record.watermark();
  request.return_last_frame = record.return_last_frame();
  request.web_search = record.web_search();
  request.labels.insert(record.labels().begin(), record.labels().end());
  if (record.has_ephemeral_hours()) request.ephemeral_hours = record.ephemeral_hours();
  request.wait_for_assets = record.wait_for_assets();
  request.recreate_expired_assets = record.recreate_expired_assets();
  request.allow_model_upgrade = record.allow_model_upgrade();
  request.sent_prompt = record.sent_prompt();
  return request;
}

void Write(const model::TaskResult& result, v1::TaskResultRecord& record) {
  record.set_video_uri(result.video_uri);
  record.set_last_frame_uri(result.last_frame_uri);
  SetTime(result.expire_time, [&] { return record.mutable_expire_time(); });
  record.set_size_bytes(result.size_bytes);
  record.set_sha256(result.sha256);
  if (result.completion_tokens.has_value()) record.set_completion_tokens(*result.completion_tokens);
  if (result.total_tokens.has_value()) record.set_total_tokens(*result.total_tokens);
}

model::TaskResult Read(const v1::TaskResultRecord& record) {
  model::TaskResult result;
  result.video_uri = record.video_uri();
  result.last_frame_uri = record.last_frame_uri();
  result.expire_time = GetTime(record.has_expire_time(), record.expire_time(), absl::InfiniteFuture());
  result.size_bytes = record.size_bytes();
  result.sha256 = record.sha256();
  if (record.has_completion_tokens()) result.completion_tokens = record.completion_tokens();
  if (record.has_total_tokens()) result.total_tokens = record.total_tokens();
  return result;
}

// create_time and update_time, common to all resources.
template <typename Resource, typename Record>
void WriteTimes(const Resource& resource, Record& record) {
  SetTime(resource.create_time, [&] { return record.mutable_create_time(); });
  SetTime(resource.update_time, [&] { return record.mutable_update_time(); });
}

template <typename Record, typename Resource>
void ReadTimes(const Record& record, Resource& resource) {
  resource.create_time = GetTime(record.has_create_time(), record.create_time(), absl::InfinitePast());
  resource.update_time = GetTime(record.has_update_time(), record.update_time(), absl::InfinitePast());
}

void Write(const model::AssetGroup& group, v1::AssetGroupRecord& record) {
  Write(group.handle, *record.mutable_handle());
  record.set_tenant(group.tenant);
  record.set_display_name(group.display_name);
  record.set_description(group.description);
  record.set_type(static_cast<int>(group.type));
  WriteTimes(group, record);
}

model::AssetGroup Read(const v1::AssetGroupRecord& record, EnumReader& enums) {
  model::AssetGroup group;
  group.handle = Read(record.handle());
  group.tenant = record.tenant();
  group.display_name = record.display_name();
  group.description = record.description();
  group.type = enums.Read(record.type(), model::GroupType::kLivenessFace);
  ReadTimes(record, group);
  return group;
}

void Write(const model::Asset& asset, v1::AssetRecord& record) {
  Write(asset.handle, *record.mutable_handle());
  record.set_tenant(asset.tenant);
  Write(asset.group, *record.mutable_group());
  record.set_display_name(asset.display_name);
  record.set_media_type(static_cast<int>(asset.media_type));
  record.set_state(static_cast<int>(asset.state));
  Write(asset.error, *record.mutable_error());
  Write(asset.media_info, *record.mutable_media_info());
  record.set_preview_uri(asset.preview_uri);
  WriteTimes(asset, record);
  SetTime(asset.expire_time, [&] { return record.mutable_expire_time(); });
  record.set_vendor_id(asset.vendor_id);
  SetTime(asset.last_used_time, [&] { return record.mutable_last_used_time(); });
  record.set_source_uri(asset.source_uri);
  record.set_recreations(asset.recreations);
  record.set_rights_note(asset.rights_note);
  record.set_task_uses(asset.task_uses);
}

model::Asset Read(const v1::AssetRecord& record, EnumReader& enums) {
  model::Asset asset;
  asset.handle = Read(record.handle());
  asset.tenant = record.tenant();
  asset.group = Read(record.group());
  asset.display_name = record.display_name();
  asset.media_type = enums.Read(record.media_type(), model::MediaType::kAudio);
  asset.state = enums.Read(record.state(), model::AssetState::kExpired);
  asset.error = Read(record.error(), enums);
  asset.media_info = Read(record.media_info());
  asset.preview_uri = record.preview_uri();
  ReadTimes(record, asset);
  asset.expire_time = GetTime(record.has_expire_time(), record.expire_time(), absl::InfiniteFuture());
  asset.vendor_id = record.vendor_id();
  asset.last_used_time = GetTime(record.has_last_used_time(), record.last_used_time(), absl::InfinitePast());
  asset.source_uri = record.source_uri();
  asset.recreations = record.recreations();
  asset.rights_note = record.rights_note();
  asset.task_uses = record.task_uses();
  return asset;
}

}  // namespace

std::string SerializeGroup(const model::AssetGroup& group) {
  v1::AssetGroupRecord record;
  Write(group, record);
  return record.SerializeAsString();
}

absl::StatusOr<model::AssetGroup> ParseGroup(const std::string& bytes) {
  const auto record = Parse<v1::AssetGroupRecord>(bytes);
  if (!record.has_value()) return Unreadable();
  EnumReader enums;
  model::AssetGroup group = Read(*record, enums);
  if (!enums.known()) return Unreadable();
  return group;
}

std::string SerializeAsset(const model::Asset& asset) {
  v1::AssetRecord record;
  Write(asset, record);
  return record.SerializeAsString();
}

absl::StatusOr<model::Asset> ParseAsset(const std::string& bytes) {
  const auto record = Parse<v1::AssetRecord>(bytes);
  if (!record.has_value()) return Unreadable();
  EnumReader enums;
  model::Asset asset = Read(*record, enums);
  if (!enums.known()) return Unreadable();
  return asset;
}

std::string SerializeTask(const model::GenerationTask& task) {
  v1::TaskRecord record;
  record.set_id(task.id);
  record.set_tenant(task.tenant);
  Write(task.request, *record.mutable_request());
  record.set_state(static_cast<int>(task.state));
  record.set_progress_percent(task.progress_percent);
  record.set_progress_source(static_cast<int>(task.progress_source));
  Write(task.error, *record.mutable_error());
  Write(task.result, *record.mutable_result());
  record.set_state_message(task.state_message);
  record.set_upstream_task_id(task.upstream_task_id);
  WriteTimes(task, record);
  SetTime(task.submit_time, [&] { return record.mutable_submit_time(); });
  SetTime(task.start_time, [&] { return record.mutable_start_time(); });
  SetTime(task.end_time, [&] { return record.mutable_end_time(); });
  SetTime(task.deadline_time, [&] { return record.mutable_deadline_time(); });
  for (const std::string& warning : task.warnings) record.add_warnings(warning);
  if (!task.estimated_cost.currency.empty()) WriteCost(task.estimated_cost, *record.mutable_estimated_cost());
  if (!task.estimated_cost_least.currency.empty()) {
    WriteCost(task.estimated_cost_least, *record.mutable_estimated_cost_least());
    WriteCost(task.estimated_cost_most, *record.mutable_estimated_cost_most());
  }
  record.set_detached(task.detached);
  if (task.sent_seed.has_value()) record.set_sent_seed(*task.sent_seed);
  if (!task.settled_cost.currency.empty()) WriteCost(task.settled_cost, *record.mutable_settled_cost());
  record.set_traceparent(task.traceparent);
  record.set_sent_key_id(task.sent_key_id);
  return record.SerializeAsString();
}

absl::StatusOr<model::GenerationTask> ParseTask(const std::string& bytes) {
  const auto record = Parse<v1::TaskRecord>(bytes);
  if (!record.has_value()) return Unreadable();
  EnumReader enums;
  model::GenerationTask task;
  task.id = record->id();
  task.tenant = record->tenant();
  task.request = Read(record->request(), enums);
  task.state = enums.Read(record->state(), model::TaskState::kLost);
  task.progress_percent = record->progress_percent();
  task.progress_source = enums.Read(record->progress_source(), model::ProgressSource::kEstimated);
  task.error = Read(record->error(), enums);
  task.result = Read(record->result());
  task.state_message = record->state_message();
  task.upstream_task_id = record->upstream_task_id();
  ReadTimes(*record, task);
  task.submit_time = GetTime(record->has_submit_time(), record->submit_time(), absl::InfinitePast());
  task.start_time = GetTime(record->has_start_time(), record->start_time(), absl::InfinitePast());
  task.end_time = GetTime(record->has_end_time(), record->end_time(), absl::InfinitePast());
  task.deadline_time = GetTime(record->has_deadline_time(), record->deadline_time(), absl::InfiniteFuture());
  task.warnings.assign(record->warnings().begin(), record->warnings().end());
  task.estimated_cost = ReadCost(record->estimated_cost());
  task.estimated_cost_least = ReadCost(record->estimated_cost_least());
  task.estimated_cost_most = ReadCost(record->estimated_cost_most());
  task.detached = record->detached();
  if (record->has_sent_seed()) task.sent_seed = record->sent_seed();
  task.settled_cost = ReadCost(record->settled_cost());
  task.traceparent = record->traceparent();
  task.sent_key_id = record->sent_key_id();
  if (!enums.known()) return Unreadable();
  return task;
}

std::string SerializeEntry(const model::JournalEntry& call) {
  v1::BilledCallRecord record;
  record.set_tenant(call.key.tenant);
  record.set_method(call.key.method);
  record.set_request_id(call.key.request_id);
  record.set_state(static_cast<int>(call.state));
  for (const auto& [name, value] : call.fingerprint) {
    v1::FingerprintFieldRecord& field = *record.add_fingerprint();
    field.set_name(name);
    field.set_value(value);
  }
  record.set_resource_name(call.resource_name);
  record.set_error(call.error);
  record.set_sender(call.sender);
  WriteTimes(call, record);
  if (call.group.has_value()) Write(*call.group, *record.mutable_group());
  if (call.asset.has_value()) Write(*call.asset, *record.mutable_asset());
  return record.SerializeAsString();
}

absl::StatusOr<model::JournalEntry> ParseEntry(const std::string& bytes) {
  const auto record = Parse<v1::BilledCallRecord>(bytes);
  if (!record.has_value()) return Unreadable();
  EnumReader enums;
  model::JournalEntry call;
  call.key = {record->tenant(), record->method(), record->request_id()};
  call.state = enums.Read(record->state(), model::JournalState::kInDoubt);
  for (const v1::FingerprintFieldRecord& field : record->fingerprint()) {
    call.fingerprint.emplace_back(field.name(), field.value());
  }
  call.resource_name = record->resource_name();
  call.error = record->error();
  call.sender = record->sender();
  ReadTimes(*record, call);
  if (record->has_group()) call.group = Read(record->group(), enums);
  if (record->has_asset()) call.asset = Read(record->asset(), enums);
  // 0 is not a state: such an entry would neither be sent again nor answered.
  if (!enums.known() || record->state() == 0) return Unreadable();
  return call;
}

}  // namespace seedance::store
