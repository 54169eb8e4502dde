#include "service/base/clock.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace seedance::base {
namespace {

class SystemClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }

  void WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const absl::Duration left = deadline - Now();
    if (left <= absl::ZeroDuration()) return;
    // Bounded, so that the sum with the present never overflows a 64-bit count of nanoseconds.
    condition.WaitFor(mutex, absl::ToChronoNanoseconds(std::min(left, absl::Hours(1))));
  }
};

}  // namespace

Clock& RealClock() {
  static auto* clock = new SystemClock;
  return *clock;
}

absl::Time SimulatedClock::Now() {
  MutexLock lock(mutex_);
  return now_;
}

void SimulatedClock::WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) {
  if (Now() >= deadline) return;
  // A short real wait instead of a list of waiters: nobody then has to outlive anybody.
  condition.WaitFor(mutex, std::chrono::milliseconds(1));
}

void SimulatedClock::Advance(absl::Duration by) {
  MutexLock lock(mutex_);
  now_ += by;
}

}  // namespace seedance::base
