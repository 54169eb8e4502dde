#include "client/cpp/attempts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/error.h"
#include "client/cpp/retry.h"

namespace seedance::client {
namespace {

// For a connection: a gateway that is back is soon seen.
constexpr absl::Duration kLongestWait = absl::Seconds(2);

}  // namespace

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
  away_since_ = absl::InfiniteFuture();
  progressed_ = true;
}

std::optional<absl::Status> Attempts::Next(const grpc::Status& status, std::optional<absl::Duration> delay, int limit,
                                           const OnRetry& on_retry) {
  if (WasNeverSent(status)) return NextWithoutConnection(status, on_retry);
  away_since_ = absl::InfiniteFuture();
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

std::optional<absl::Status> Attempts::NextWithoutConnection(const grpc::Status& status, const OnRetry& on_retry) {
  const absl::Time now = options_.timing.now();
  if (away_since_ == absl::InfiniteFuture()) {
    away_since_ = now;
    away_waits_ = absl::ZeroDuration();
    refusals_ = 0;
  }
  const absl::Duration waited = std::max(now - away_since_, away_waits_);
  const absl::Duration left = (progressed_ ? options_.outage_timeout : options_.connect_timeout) - waited;
  const double unit = options_.timing.random();
  const absl::Duration delay = std::min({options_.retry.Jitter(refusals_++, unit), kLongestWait * unit, left});
  const bool again = left > absl::ZeroDuration() && now + delay < deadline_;
  if (again && !cancelled()) {
    if (on_retry) on_retry(ToAbslStatus(status), delay);
    Wait(delay);
    away_waits_ += delay;
  }
  if (cancelled()) return AfterOnlyCall(status);
  if (again) return std::nullopt;
  const bool refused = absl::StrContains(absl::AsciiStrToLower(status.error_message()), "refused");
  return absl::UnavailableError(absl::StrCat(
      "cannot connect to ", options_.endpoint, ": ", refused ? "connection refused" : status.error_message(),
      waited >= absl::Seconds(1) ? absl::StrCat(" (waited ", absl::ToInt64Seconds(waited), " s)") : ""));
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
