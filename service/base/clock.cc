#include "service/base/clock.h"

#include "service/base/steady_wall_clock.h"
#include "service/base/timer.h"

namespace seedance::base {

Clock& RealClock() {
  static auto* clock = new SteadyWallClock;
  return *clock;
}

TimerOfClock::TimerOfClock() = default;

TimerOfClock::~TimerOfClock() = default;

Timer& TimerOfClock::Get(Clock& clock) {
  MutexLock lock(mutex_);
  if (timer_ == nullptr) timer_ = std::make_unique<Timer>(clock);
  return *timer_;
}

void SleepUntil(Clock& clock, absl::Time time) {
  Mutex mutex;
  CondVar nothing;
  MutexLock lock(mutex);
  while (clock.Now() < time) clock.WaitUntil(nothing, mutex, time);
}

absl::Time SimulatedClock::Now() {
  MutexLock lock(mutex_);
  return now_;
}

void SimulatedClock::WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) {
  if (Now() >= deadline) return;
  // Polling instead of a list of waiters: so no waiter must outlive the clock, nor the reverse.
  condition.WaitFor(mutex, std::chrono::milliseconds(1));
}

void SimulatedClock::Advance(absl::Duration by) {
  MutexLock lock(mutex_);
  now_ += by;
}

}  // namespace seedance::base
