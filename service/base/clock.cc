#include "service/base/clock.h"

#include "service/base/steady_wall_clock.h"

namespace seedance::base {

Clock& RealClock() {
  static auto* clock = new SteadyWallClock;
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
