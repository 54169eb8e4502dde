#ifndef SEEDANCE_SERVICE_BASE_CLOCK_H_
#define SEEDANCE_SERVICE_BASE_CLOCK_H_

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::base {

// Source of time. The only way for the service to read a clock or to wait. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time, good for timestamps and for spans alike: it never goes back and never jumps. After somebody has set the
  // machine's clock it comes nearer to it slowly (clock_slew.h). A time that others have read from the machine's clock
  // may therefore be off by as much: gRPC's deadlines are taken as spans from now, not as times.
  virtual absl::Time Now() = 0;

  // Waits until `condition` is notified or this clock reaches `deadline` (InfiniteFuture: only notified). May return
  // without a cause. Never waits longer than a minute at once.
  virtual void WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;
};

// The machine's clock. The time of its suspension counts. Lives for ever.
Clock& RealClock();

// A clock that stands still until a test moves it.
class SimulatedClock : public Clock {
 public:
  explicit SimulatedClock(absl::Time start) : now_(start) {}

  absl::Time Now() override;
  void WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Moves time forward; waiters notice within a few real milliseconds.
  void Advance(absl::Duration by);

 private:
  Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_CLOCK_H_
