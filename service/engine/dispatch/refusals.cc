#include "service/engine/dispatch/refusals.h"

#include <algorithm>
#include <string>

#include "service/upstream/upstream.h"

namespace seedance::engine {
namespace {

base::ErrorDetail NotSentDetail(base::Reason reason) {
  base::ErrorDetail detail;
  detail.reason = reason;
  detail.metadata[std::string(upstream::kNotSentKey)] = "true";
  return detail;
}

}  // namespace

absl::Status NotPermitted(base::Reason reason, std::string_view text) {
  return base::MakeError(text, NotSentDetail(reason));
}

absl::Status Stopping() { return NotPermitted(base::Reason::kCancelled, "the gateway stops"); }

absl::Status PutOff(absl::Duration delay, std::string_view text) {
  base::ErrorDetail detail = NotSentDetail(base::Reason::kRateLimited);
  detail.retry_delay = std::max(delay, absl::Seconds(1));
  return base::MakeError(text, detail);
}

absl::Status PutOffByCooldown(absl::Duration left) {
  return PutOff(left, "the vendor asked for a pause; the request was not sent");
}

}  // namespace seedance::engine
