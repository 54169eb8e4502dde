#include "service/upstream/request_outcome.h"

#include "service/base/error.h"

namespace seedance::upstream {

using base::Reason;

RequestOutcome OutcomeOf(const absl::Status& read) {
  RequestOutcome answer;
  if (read.ok()) return answer;
  const base::ErrorDetail detail = base::GetErrorDetail(read);
  answer.usable = detail.reason != Reason::kUpstreamUnavailable && detail.reason != Reason::kUpstreamProtocol &&
                  detail.reason != Reason::kUpstreamFailed && detail.reason != Reason::kDeadlineExceeded &&
                  detail.reason != Reason::kOutcomeUnknown;
  // Without the vendor's own wish an outage has only the default delay, which is for the one who asked.
  const bool limits = !answer.usable || detail.reason == Reason::kQuotaExceeded;
  const bool wished = limits && detail.metadata.count(std::string(kRetryAfterKey)) > 0;
  if (detail.reason == Reason::kRateLimited || wished) answer.cooldown = detail.retry_delay;
  const auto scope = detail.metadata.find(std::string(kLimitScopeKey));
  if (scope != detail.metadata.end()) {
    answer.scope = scope->second == kTasksScope ? LimitScope::kTasks : LimitScope::kAccount;
  }
  if (detail.reason == Reason::kQuotaExceeded) answer.cause = CooldownCause::kQuota;
  if (!answer.usable) answer.cause = CooldownCause::kTrouble;
  return answer;
}

RequestOutcome OutcomeOf(const BilledResult<std::string>& submission) {
  if (submission.acceptance == Acceptance::kAccepted) return {};
  RequestOutcome answer = OutcomeOf(submission.status);
  const bool refused = submission.acceptance == Acceptance::kRefused;
  if (!refused && submission.retry_after.has_value()) answer.cooldown = submission.retry_after;
  return answer;
}

bool WasPutOff(const absl::Status& status) { return base::GetReason(status) == Reason::kRateLimited; }

bool WasNotSent(const absl::Status& status) {
  return base::GetErrorDetail(status).metadata.count(std::string(kNotSentKey)) > 0;
}

}  // namespace seedance::upstream
