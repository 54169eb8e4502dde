#ifndef SEEDANCE_SERVICE_BASE_CLOCK_SLEW_H_
#define SEEDANCE_SERVICE_BASE_CLOCK_SLEW_H_

#include "absl/time/time.h"

namespace seedance::base {

// Wall time without jumps. It runs with a steady clock; while the wall clock shows another time (because it was set) it
// runs slightly faster or slower until both agree. So a difference of two of its times is correct to within 1/kSlowness
// of itself, whatever happens to the wall clock, and it never goes back.
//
// A value: it reads no clock. Not thread-safe.
class ClockSlew {
 public:
  // While it converges it gains or loses one second in kSlowness: less than the jitter of every pause. An hour is
  // corrected in 20 hours.
  static constexpr int kSlowness = 20;

  // Starts at `wall`. `steady`: reading of a clock that nobody can set, from any origin.
  ClockSlew(absl::Time wall, absl::Duration steady) : now_(wall), steady_(steady) {}

  // The time for these readings of the two clocks. A `steady` older than the last one (a thread was overtaken between
  // its reading and this call) counts as the last one.
  absl::Time At(absl::Time wall, absl::Duration steady);

  // Wall clock minus this time at the last call of At; negative: the wall clock is behind.
  absl::Duration lag() const { return lag_; }

 private:
  absl::Time now_;
  absl::Duration steady_;
  absl::Duration lag_ = absl::ZeroDuration();
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_CLOCK_SLEW_H_
