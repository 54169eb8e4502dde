#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_VIRTUAL_CLOCK_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_VIRTUAL_CLOCK_H_

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace seedance::sandbox {

// The time that the emulated vendor lives in: starts at the real time, runs `speed` times as fast, can be moved
// forward. Thread-safe.
class VirtualClock {
 public:
  VirtualClock(base::Clock& real, double speed) : real_(real), speed_(speed), start_(real.Now()) {}

  absl::Time Now();

  // Moves time forward; a negative duration is ignored.
  void Advance(absl::Duration by);

  // Back to the real time.
  void Reset();

 private:
  base::Clock& real_;
  const double speed_;
  base::Mutex mutex_;
  absl::Time start_ ABSL_GUARDED_BY(mutex_);
  absl::Duration advanced_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_VIRTUAL_CLOCK_H_
