#include "service/upstream/upstream.h"

#include "service/base/error.h"

// Tests: tests/unit/upstream/capability_table_test.cc

namespace seedance::upstream {

BilledResult<std::string> NotSent(const absl::Status& status) {
  BilledResult<std::string> result;
  result.acceptance = Acceptance::kNotAccepted;
  result.status = status;
  result.retry_after = base::GetErrorDetail(status).retry_delay;
  const base::Reason reason = base::GetReason(status);
  result.retryable = reason == base::Reason::kUpstreamUnavailable || reason == base::Reason::kRateLimited;
  // The caller is told when to come again: nothing waits on a thread for the gateway's own limits.
  if (base::GetErrorDetail(status).metadata.count(std::string(kNotSentKey)) > 0) result.retryable = false;
  return result;
}

BilledResult<std::string> NotSentYet(const std::string& why) {
  BilledResult<std::string> result;
  result.acceptance = Acceptance::kNotAccepted;
  result.status = absl::CancelledError(why);
  return result;
}

}  // namespace seedance::upstream
