#ifndef SEEDANCE_SERVICE_BASE_SLEEP_H_
#define SEEDANCE_SERVICE_BASE_SLEEP_H_

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace seedance::base {

// Returns when `clock` has reached `time`; nothing ends it earlier.
void SleepUntil(Clock& clock, absl::Time time);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_SLEEP_H_
