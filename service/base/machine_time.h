#ifndef SEEDANCE_SERVICE_BASE_MACHINE_TIME_H_
#define SEEDANCE_SERVICE_BASE_MACHINE_TIME_H_

#include <chrono>

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace seedance::base {

// Deadlines of libraries that tell them by the machine's clock, such as gRPC, to and from a Clock, which may show
// another time after somebody has set the machine's. Right as long as nobody sets it again: convert late. The far end
// of either clock is the far end of the other.
absl::Time FromMachineTime(std::chrono::system_clock::time_point time, Clock& clock);
std::chrono::system_clock::time_point ToMachineTime(absl::Time time, Clock& clock);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_MACHINE_TIME_H_
