#ifndef SEEDANCE_SERVICE_BASE_BACKOFF_H_
#define SEEDANCE_SERVICE_BASE_BACKOFF_H_

#include "absl/time/time.h"
#include "service/base/random.h"

namespace seedance::base {

// Exponential back-off with full jitter. A value: it holds no state and never waits itself.
struct Backoff {
  absl::Duration initial = absl::Milliseconds(500);  // Upper bound of the first delay.
  absl::Duration maximum = absl::Seconds(30);        // Upper bound of every delay.

  // Delay before attempt `attempt` + 1 (attempts are counted from 0): uniform between 10 % and 100 % of min(initial *
  // 2^attempt, maximum). Thread-safe if `random` is.
  absl::Duration Delay(int attempt, Random& random) const;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_BACKOFF_H_
