#ifndef SEEDANCE_SERVICE_BASE_STEADY_WALL_CLOCK_H_
#define SEEDANCE_SERVICE_BASE_STEADY_WALL_CLOCK_H_

#include <functional>

#include "service/base/clock.h"
#include "service/base/clock_slew.h"

namespace seedance::base {

// A clock made of a wall clock and a steady one, by ClockSlew. Says in the log when the wall clock was set by seconds.
class SteadyWallClock : public Clock {
 public:
  // The sources are called under a lock, by any thread. The defaults are the machine's: the steady one counts
  // suspension.
  struct Sources {
    std::function<absl::Time()> wall;
    std::function<absl::Duration()> steady;
  };

  explicit SteadyWallClock(Sources sources = MachineSources());

  absl::Time Now() override;
  void WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  static Sources MachineSources();

 private:
  const Sources sources_;
  Mutex mutex_;
  ClockSlew slew_ ABSL_GUARDED_BY(mutex_);
  bool told_ ABSL_GUARDED_BY(mutex_) = false;  // The log knows of the present difference.
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_STEADY_WALL_CLOCK_H_
