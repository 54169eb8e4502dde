#ifndef SEEDANCE_SERVICE_BASE_STEADY_WALL_CLOCK_H_
#define SEEDANCE_SERVICE_BASE_STEADY_WALL_CLOCK_H_

#include <functional>

#include "service/base/clock.h"
#include "service/base/clock_slew.h"

namespace seedance::base {

// A Clock made of a wall clock and a steady clock by ClockSlew. Logs once when the wall clock was set by seconds.
// Thread-safe.
class SteadyWallClock : public Clock {
 public:
  // The sources are called under a lock, by any thread. MachineSources: the machine's clocks; its steady clock counts
  // suspension.
  struct Sources {
    // May jump at any time.
    std::function<absl::Time()> wall;
    // Since any origin; never goes back.
    std::function<absl::Duration()> steady;
  };

  explicit SteadyWallClock(Sources sources = MachineSources());

  absl::Time Now() override;
  void WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  Timer& timer() override { return timer_.Get(*this); }

  // The machine's clocks.
  static Sources MachineSources();

 private:
  const Sources sources_;
  Mutex mutex_;
  ClockSlew slew_ ABSL_GUARDED_BY(mutex_);
  bool told_ ABSL_GUARDED_BY(mutex_) = false;  // The present difference was logged.
  TimerOfClock timer_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_STEADY_WALL_CLOCK_H_
