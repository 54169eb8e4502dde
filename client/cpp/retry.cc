#include "client/cpp/retry.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "client/cpp/error.h"

namespace seedance::client {

absl::Duration RetryPolicy::Jitter(int failures, double unit) const {
  return std::min(initial * std::exp2(std::min(failures, 40)), maximum) * unit;
}

bool WasNeverSent(const grpc::Status& status) {
  // gRPC's own words: the code alone may be a proxy's, or of a connection that broke off.
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && DecodeError(status).reason.empty() &&
         (absl::StrContains(status.error_message(), "failed to connect") ||
          absl::StrContains(status.error_message(), "DNS resolution failed"));
}

std::optional<absl::Duration> CallRetryDelay(const RetryPolicy& policy, const grpc::Status& status, int failures,
                                             double unit) {
  const ErrorDetails details = DecodeError(status);
  const std::optional<absl::Duration> asked = details.retry_delay;
  const bool again = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                     (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED && asked.has_value()) ||
                     (status.error_code() == grpc::StatusCode::CANCELLED && details.reason.empty());
  if (!again) return std::nullopt;
  return asked.value_or(absl::ZeroDuration()) + policy.Jitter(failures, unit);
}

std::optional<absl::Duration> StreamRetryDelay(const RetryPolicy& policy, const grpc::Status& status, int failures,
                                               double unit) {
  switch (status.error_code()) {
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
      if (DecodeError(status).reason.empty()) return policy.Jitter(failures, unit);
      return std::nullopt;
    default:
      return CallRetryDelay(policy, status, failures, unit);
  }
}

}  // namespace seedance::client
