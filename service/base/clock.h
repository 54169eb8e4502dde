#ifndef SEEDANCE_SERVICE_BASE_CLOCK_H_
#define SEEDANCE_SERVICE_BASE_CLOCK_H_

#include <memory>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::base {

class Timer;

// Source of time: the only way for the service to read a clock or to wait. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time, for timestamps and for durations: it never goes back and never jumps. After the machine's clock was set
  // it converges slowly (clock_slew.h). Times that a library reads from the machine's clock may differ by as much, so
  // deadlines from gRPC are converted to durations (rpc/calls/machine_time.h).
  virtual absl::Time Now() = 0;

  // Waits until `condition` is notified or this clock reaches `deadline` (InfiniteFuture: no deadline). May wake
  // spuriously, after a minute at the latest; call it in a loop that tests the condition.
  virtual void WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;

  // What runs work at times of this clock (timer.h): one for all. Its threads start with the first use, which throws
  // ThreadStartError when they cannot.
  virtual Timer& timer() = 0;
};

// The timer of a clock, made when it is first asked for. Last member of the clock: its thread uses the others.
class TimerOfClock {
 public:
  TimerOfClock();
  ~TimerOfClock();

  Timer& Get(Clock& clock);

 private:
  Mutex mutex_;
  std::unique_ptr<Timer> timer_ ABSL_GUARDED_BY(mutex_);
};

// The machine's clock. Time spent in suspension counts. Never destroyed.
Clock& RealClock();

// Blocks until `clock` reaches `time`. Cannot be cancelled: for short waits at start and stop only.
void SleepUntil(Clock& clock, absl::Time time);

// A clock that advances only by Advance, for tests.
class SimulatedClock : public Clock {
 public:
  // Starts at `start`.
  explicit SimulatedClock(absl::Time start) : now_(start) {}

  absl::Time Now() override;
  void WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  Timer& timer() override { return timer_.Get(*this); }

  // Moves time forward by `by` (not negative). Waiters notice within a few real milliseconds.
  void Advance(absl::Duration by);

 private:
  Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  TimerOfClock timer_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_CLOCK_H_
