#include "client/cpp/attempts.h"

#include "client/cpp/error.h"

namespace seedance::client {

std::optional<absl::Status> Attempts::AfterCall(const grpc::Status& status) {
  return Next(status, CallRetryDelay(options_.retry, status, failures_, options_.timing.random()),
              options_.retry.attempts, nullptr);
}

absl::Status Attempts::AfterOnlyCall(const grpc::Status& status) const {
  return cancelled() ? absl::CancelledError("cancelled by the caller") : ToAbslStatus(status);
}

std::optional<absl::Status> Attempts::AfterStream(const grpc::Status& status, const OnRetry& on_retry) {
  return Next(status, StreamRetryDelay(options_.retry, status, failures_, options_.timing.random()),
              progressed_ ? options_.retry.stream_attempts : options_.retry.attempts, on_retry);
}

void Attempts::Progressed() {
  failures_ = 0;
  progressed_ = true;
}

std::optional<absl::Status> Attempts::Next(const grpc::Status& status, std::optional<absl::Duration> delay, int limit,
                                           const OnRetry& on_retry) {
  ++failures_;
  const bool again = delay.has_value() && failures_ < limit && options_.timing.now() + *delay < deadline_;
  if (again && !cancelled()) {
    if (on_retry) on_retry(ToAbslStatus(status), *delay);
    Wait(*delay);
  }
  // Looked at last: a cancellation that came since the answer must not be told as the answer.
  if (cancelled() || !again) return AfterOnlyCall(status);
  return std::nullopt;
}

void Attempts::Wait(absl::Duration delay) const {
  if (options_.timing.wait) {
    options_.timing.wait(delay);
  } else if (canceller_ != nullptr) {
    canceller_->Wait(delay);
  } else {
    Canceller().Wait(delay);
  }
}

}  // namespace seedance::client
