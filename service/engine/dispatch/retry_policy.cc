#include "service/engine/dispatch/retry_policy.h"

#include "service/base/error.h"
#include "service/base/mutex.h"

namespace seedance::engine {

bool Pause(absl::Duration pause, base::Clock& clock, const std::shared_ptr<base::CancelToken>& cancel) {
  base::Mutex mutex;
  base::CondVar changed;
  bool stopped = false;
  uint64_t id = 0;
  if (cancel != nullptr) {
    id = cancel->OnCancel([&] {
      base::MutexLock lock(mutex);
      stopped = true;
      changed.NotifyAll();
    });
  }
  const absl::Time until = clock.Now() + pause;
  {
    base::MutexLock lock(mutex);
    while (!stopped && clock.Now() < until) clock.WaitUntil(changed, mutex, until);
  }
  if (cancel != nullptr) cancel->Remove(id);
  return !stopped;
}

namespace {

upstream::BilledResult<std::string> NotSent() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kCancelled;
  upstream::BilledResult<std::string> result;
  result.acceptance = upstream::Acceptance::kNotAccepted;
  result.status = base::MakeError("cancelled before it was sent", detail);
  result.retryable = false;
  return result;
}

}  // namespace

upstream::BilledResult<std::string> SendPatiently(const SubmitRetryPolicy& patience, absl::Time deadline,
                                                  base::Clock& clock, base::Random& random,
                                                  const std::shared_ptr<base::CancelToken>& cancel,
                                                  absl::FunctionRef<upstream::BilledResult<std::string>()> send) {
  for (int tried = 1;; ++tried) {
    // What waited in a queue until the process stopped never left, and is not in doubt.
    if (cancel != nullptr && cancel->cancelled()) return NotSent();
    upstream::BilledResult<std::string> result = send();
    const bool again = result.acceptance == upstream::Acceptance::kNotAccepted && result.retryable;
    if (!again || tried >= patience.tries) return result;
    const absl::Duration pause =
        std::max(patience.backoff.Delay(tried - 1, random), result.retry_after.value_or(absl::ZeroDuration()));
    if (pause > patience.longest_pause || clock.Now() + pause >= deadline) return result;
    if (!Pause(pause, clock, cancel)) return result;
  }
}

}  // namespace seedance::engine
