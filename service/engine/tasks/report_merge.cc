#include "service/engine/tasks/report_merge.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/model/failure.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

// Everything that a report can change, for comparison.
auto Visible(const GenerationTask& task) {
  return std::tie(task.state, task.progress_percent, task.progress_source, task.error, task.result.video_uri,
                  task.result.last_frame_uri, task.result.total_tokens, task.start_time, task.end_time,
                  task.state_message);
}

// Why a submission that was not accepted is sent again, and when.
std::string NextAttempt(const absl::Status& why, absl::Time when) {
  const base::ErrorDetail detail = base::GetErrorDetail(why);
  const std::string words = model::ToFailure(why).message;
  switch (detail.reason) {
    case base::Reason::kRateLimited:
      return absl::StrCat(WaitsForCooldown(CooldownCause::kRate, when).Text(), ": ", words);
    case base::Reason::kQuotaExceeded:
      return absl::StrCat(WaitsForCooldown(CooldownCause::kQuota, when).Text(), ": ", words);
    case base::Reason::kUpstreamUnavailable:
      return absl::StrCat("vendor unavailable; next attempt at ", UtcText(when), ": ", words);
    default:
      return absl::StrCat("not accepted by the vendor; next attempt at ", UtcText(when), ": ", words);
  }
}

}  // namespace

bool MergeReport(const upstream::TaskReport& report, GenerationTask& task) {
  if (model::IsTerminal(task.state)) return false;
  const GenerationTask before = task;
  if (model::CanChange(task.state, report.state)) task.state = report.state;
  if (report.progress_percent.has_value()) {
    task.progress_percent = std::clamp(*report.progress_percent, 0, 100);
    task.progress_source = model::ProgressSource::kReported;
  }
  if (report.start_time.has_value()) task.start_time = *report.start_time;
  if (model::IsTerminal(task.state)) {
    if (report.end_time.has_value()) task.end_time = *report.end_time;
    task.error = task.state == TaskState::kSucceeded ? model::Failure{} : report.error;
  }
  if (task.state == TaskState::kSucceeded) task.result = report.result;
  task.state_message = report.note;
  return Visible(before) != Visible(task);
}

void MergeSubmission(const upstream::BilledResult<std::string>& result, absl::Time now, absl::Duration next_try,
                     GenerationTask& task) {
  task.state_message.clear();
  switch (result.acceptance) {
    case upstream::Acceptance::kAccepted:
      task.state = TaskState::kQueued;
      task.upstream_task_id = result.value;
      task.submit_time = now;
      return;
    case upstream::Acceptance::kRefused:
      task.state = TaskState::kFailed;
      task.error = model::ToFailure(result.status);
      return;
    case upstream::Acceptance::kNotAccepted:
      // What the gateway held back itself, at its stop for instance, says nothing against the task.
      if (!result.retryable && !upstream::WasNotSent(result.status)) {
        task.state = TaskState::kFailed;
        task.error = model::ToFailure(result.status);
        return;
      }
      task.state = TaskState::kPending;
      if (absl::IsCancelled(result.status)) return;
      task.state_message = NextAttempt(result.status, now + next_try);
      return;
    case upstream::Acceptance::kUnknown:
      task.state = TaskState::kSubmitUnknown;
      task.error = model::ToFailure(result.status);
      task.error.reason = base::Reason::kOutcomeUnknown;
      return;
  }
}

}  // namespace seedance::engine
