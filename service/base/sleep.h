#ifndef SEEDANCE_SERVICE_BASE_SLEEP_H_
#define SEEDANCE_SERVICE_BASE_SLEEP_H_

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace seedance::base {

// Blocks until `clock` reaches `time`. Cannot be cancelled: for short waits at start and stop only.
//
// Tests: tests/unit/base/repeating_thread_test.cc
void SleepUntil(Clock& clock, absl::Time time);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_SLEEP_H_
