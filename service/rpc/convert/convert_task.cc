#include "service/rpc/convert/convert_task.h"

#include "service/base/advice.h"
#include "service/rpc/convert/convert_money.h"
#include "service/rpc/convert/convert_time.h"
#include "service/rpc/convert/same_number.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;
using ProtoTask = v1::GenerationTask;

static_assert(v1::GenerationTask_State_State_MAX == 10 &&
              SameNumber(v1::GenerationTask_State_STATE_UNSPECIFIED, model::TaskState::kUnspecified) &&
              SameNumber(v1::GenerationTask_State_STATE_PENDING, model::TaskState::kPending) &&
              SameNumber(v1::GenerationTask_State_STATE_SUBMITTING, model::TaskState::kSubmitting) &&
              SameNumber(v1::GenerationTask_State_STATE_QUEUED, model::TaskState::kQueued) &&
              SameNumber(v1::GenerationTask_State_STATE_RUNNING, model::TaskState::kRunning) &&
              SameNumber(v1::GenerationTask_State_STATE_SUCCEEDED, model::TaskState::kSucceeded) &&
              SameNumber(v1::GenerationTask_State_STATE_FAILED, model::TaskState::kFailed) &&
              SameNumber(v1::GenerationTask_State_STATE_CANCELLED, model::TaskState::kCancelled) &&
              SameNumber(v1::GenerationTask_State_STATE_EXPIRED, model::TaskState::kExpired) &&
              SameNumber(v1::GenerationTask_State_STATE_SUBMIT_UNKNOWN, model::TaskState::kSubmitUnknown) &&
              SameNumber(v1::GenerationTask_State_STATE_LOST, model::TaskState::kLost));
static_assert(v1::ReferenceRole_MAX == 5 &&
              SameNumber(v1::REFERENCE_ROLE_UNSPECIFIED, model::ReferenceRole::kUnspecified) &&
              SameNumber(v1::REFERENCE_ROLE_REFERENCE_IMAGE, model::ReferenceRole::kReferenceImage) &&
              SameNumber(v1::REFERENCE_ROLE_FIRST_FRAME, model::ReferenceRole::kFirstFrame) &&
              SameNumber(v1::REFERENCE_ROLE_LAST_FRAME, model::ReferenceRole::kLastFrame) &&
              SameNumber(v1::REFERENCE_ROLE_REFERENCE_VIDEO, model::ReferenceRole::kReferenceVideo) &&
              SameNumber(v1::REFERENCE_ROLE_REFERENCE_AUDIO, model::ReferenceRole::kReferenceAudio));
static_assert(v1::Resolution_MAX == 5 && SameNumber(v1::RESOLUTION_UNSPECIFIED, model::Resolution::kUnspecified) &&
              SameNumber(v1::RESOLUTION_480P, model::Resolution::k480p) &&
              SameNumber(v1::RESOLUTION_720P, model::Resolution::k720p) &&
              SameNumber(v1::RESOLUTION_1080P, model::Resolution::k1080p) &&
              SameNumber(v1::RESOLUTION_2K, model::Resolution::k2k) &&
              SameNumber(v1::RESOLUTION_4K, model::Resolution::k4k));
static_assert(v1::ProgressSource_MAX == 2 &&
              SameNumber(v1::PROGRESS_SOURCE_UNSPECIFIED, model::ProgressSource::kUnspecified) &&
              SameNumber(v1::PROGRESS_SOURCE_REPORTED, model::ProgressSource::kReported) &&
              SameNumber(v1::PROGRESS_SOURCE_ESTIMATED, model::ProgressSource::kEstimated));

void Write(const model::Reference& reference, v1::Reference* proto) {
  proto->set_label(reference.label);
  proto->set_role(ToProto(reference.role));
  if (reference.asset.has_value()) {
    proto->set_asset(model::AssetName(*reference.asset));
  } else {
    proto->set_uri(reference.uri);
  }
  proto->set_ephemeral(reference.ephemeral);
}

void Write(const model::TaskRequest& request, ProtoTask* proto) {
  proto->set_upstream(request.upstream);
  proto->set_model(request.model);
  proto->set_prompt(request.prompt);
  for (const model::Reference& reference : request.references) Write(reference, proto->add_references());
  proto->set_resolution(ToProto(request.resolution));
  proto->set_aspect_ratio(request.aspect_ratio);
  if (request.duration_seconds.has_value()) proto->mutable_duration()->set_seconds(*request.duration_seconds);
  if (request.seed.has_value()) proto->set_seed(*request.seed);
  if (request.generate_audio.has_value()) proto->set_generate_audio(*request.generate_audio);
  if (request.watermark.has_value()) proto->set_watermark(*request.watermark);
  proto->set_return_last_frame(request.return_last_frame);
  proto->set_web_search(request.web_search);
  proto->mutable_labels()->insert(request.labels.begin(), request.labels.end());
  if (request.ephemeral_hours.has_value()) {
    proto->mutable_ephemeral_retention()->set_seconds(int64_t{*request.ephemeral_hours} * 3600);
  }
  // Tasks of releases that sent prompts unchanged have no sent_prompt.
  proto->set_normalized_prompt(request.sent_prompt.empty() ? request.prompt : request.sent_prompt);
}

void Write(const model::TaskResult& result, ProtoTask::Result* proto) {
  proto->set_video_uri(result.video_uri);
  proto->set_last_frame_uri(result.last_frame_uri);
  SetTime(result.expire_time, [&] { return proto->mutable_expire_time(); });
  proto->set_size_bytes(result.size_bytes);
  proto->set_sha256(result.sha256);
  if (result.completion_tokens.has_value()) proto->mutable_usage()->set_completion_tokens(*result.completion_tokens);
  if (result.total_tokens.has_value()) proto->mutable_usage()->set_total_tokens(*result.total_tokens);
}

}  // namespace

ProtoTask::State ToProto(model::TaskState state) { return static_cast<ProtoTask::State>(state); }
v1::ReferenceRole ToProto(model::ReferenceRole role) { return static_cast<v1::ReferenceRole>(role); }
v1::Resolution ToProto(model::Resolution resolution) { return static_cast<v1::Resolution>(resolution); }
model::TaskState FromProto(ProtoTask::State state) { return static_cast<model::TaskState>(state); }
model::ReferenceRole FromProto(v1::ReferenceRole role) { return static_cast<model::ReferenceRole>(role); }
model::Resolution FromProto(v1::Resolution resolution) { return static_cast<model::Resolution>(resolution); }

void ToProto(const model::GenerationTask& task, ProtoTask* proto) {
  proto->Clear();
  if (!task.id.empty()) proto->set_name(task.name());
  Write(task.request, proto);
  proto->set_state(ToProto(task.state));
  proto->set_progress_percent(task.progress_percent);
  proto->set_progress_source(static_cast<v1::ProgressSource>(task.progress_source));
  proto->set_revision(task.revision);
  if (task.error.reason != base::Reason::kUnspecified) {
    proto->mutable_error()->set_reason(static_cast<v1::ErrorReason>(task.error.reason));
    proto->mutable_error()->set_upstream_code(task.error.upstream_code);
    proto->mutable_error()->set_message(task.error.message);
    const bool at_full_progress =
        task.progress_source == model::ProgressSource::kReported && task.progress_percent == 100;
    proto->mutable_error()->set_advice(std::string(base::AdviceOf(task.error.reason, at_full_progress)));
  }
  if (!task.result.video_uri.empty()) Write(task.result, proto->mutable_result());
  proto->set_state_message(task.state_message);
  proto->set_detached(task.detached);
  proto->set_upstream_task_id(task.upstream_task_id);
  for (const std::string& warning : task.warnings) proto->add_warnings(warning);
  if (!task.estimated_cost.currency.empty()) ToProto(task.estimated_cost, proto->mutable_estimated_cost());
  if (!task.estimated_cost_least.currency.empty()) {
    ToProto(task.estimated_cost_least, proto->mutable_estimated_cost_least());
    ToProto(task.estimated_cost_most, proto->mutable_estimated_cost_most());
  }
  if (!task.settled_cost.currency.empty()) ToProto(task.settled_cost, proto->mutable_settled_cost());
  SetTime(task.create_time, [&] { return proto->mutable_create_time(); });
  SetTime(task.update_time, [&] { return proto->mutable_update_time(); });
  SetTime(task.submit_time, [&] { return proto->mutable_submit_time(); });
  SetTime(task.start_time, [&] { return proto->mutable_start_time(); });
  SetTime(task.end_time, [&] { return proto->mutable_end_time(); });
  SetTime(task.deadline_time, [&] { return proto->mutable_deadline_time(); });
}

void ToProto(const engine::TaskCandidate& candidate, v1::ReconcileGenerationTaskResponse::Candidate* proto) {
  proto->set_upstream_task_id(candidate.upstream_task_id);
  SetTime(candidate.create_time, [&] { return proto->mutable_create_time(); });
  proto->set_state(ToProto(candidate.state));
}

}  // namespace seedance::rpc
