#ifndef SEEDANCE_SERVICE_BASE_CLOCK_SLEW_H_
#define SEEDANCE_SERVICE_BASE_CLOCK_SLEW_H_

#include "absl/time/time.h"

namespace seedance::base {

// Time that follows a wall clock without its jumps. It runs with a steady clock; while the wall clock shows something
// else (somebody set it) it runs a little faster or slower until the two agree again. So a span between two of its
// times is right to within kSlowness of it, whatever happens to the wall clock, and it never goes back.
//
// A value: it reads no clock. Not thread-safe.
class ClockSlew {
 public:
  // While it catches up it gains or loses one second in so many. Less than the jitter of every pause; an hour is made
  // good in 20 hours.
  static constexpr int kSlowness = 20;

  // Begins with the wall clock's time. `steady`: since any moment, that of a clock which nobody sets.
  ClockSlew(absl::Time wall, absl::Duration steady) : now_(wall), steady_(steady) {}

  // The time now that the clocks show this. A `steady` before the last one, from a thread that was overtaken between
  // its reading and this call, counts as the last one.
  absl::Time At(absl::Time wall, absl::Duration steady);

  // How far the wall clock was ahead of this time (negative: behind) at the last call of At.
  absl::Duration lag() const { return lag_; }

 private:
  absl::Time now_;
  absl::Duration steady_;
  absl::Duration lag_ = absl::ZeroDuration();
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_CLOCK_SLEW_H_
