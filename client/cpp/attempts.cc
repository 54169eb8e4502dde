#include "client/cpp/attempts.h"

namespace seedance::client {

std::optional<absl::Duration> Attempts::AfterCall(const grpc::Status& status) {
  return Count(CallRetryDelay(options_.retry, status, failures_, options_.timing.random()), options_.retry.attempts);
}

std::optional<absl::Duration> Attempts::AfterStream(const grpc::Status& status) {
  return Count(StreamRetryDelay(options_.retry, status, failures_, options_.timing.random()),
               progressed_ ? options_.retry.stream_attempts : options_.retry.attempts);
}

void Attempts::Progressed() {
  failures_ = 0;
  progressed_ = true;
}

std::optional<absl::Duration> Attempts::Count(std::optional<absl::Duration> delay, int limit) {
  ++failures_;
  if (!delay.has_value() || failures_ >= limit || cancelled()) return std::nullopt;
  if (options_.timing.now() + *delay >= deadline_) return std::nullopt;
  return delay;
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
