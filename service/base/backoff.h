#ifndef SEEDANCE_SERVICE_BASE_BACKOFF_H_
#define SEEDANCE_SERVICE_BASE_BACKOFF_H_

#include "absl/time/time.h"
#include "service/base/random.h"

namespace seedance::base {

// Exponential back-off with full jitter.
struct Backoff {
  absl::Duration initial = absl::Milliseconds(500);
  absl::Duration maximum = absl::Seconds(30);

  // Wait before try number `attempt` + 1, counted from 0: uniform between a tenth of and the whole
  // min(initial * 2^attempt, maximum).
  absl::Duration Delay(int attempt, Random& random) const;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_BACKOFF_H_
