#ifndef SEEDANCE_SERVICE_RPC_CALLS_MACHINE_TIME_H_
#define SEEDANCE_SERVICE_RPC_CALLS_MACHINE_TIME_H_

#include <chrono>

#include "absl/time/time.h"
#include "service/base/clock.h"

namespace seedance::rpc {

// Converts deadlines between the machine's clock, which libraries such as gRPC use, and a Clock, which may show another
// time after the machine's was set. The result is correct until the machine's clock is set again: convert as late as
// possible. The infinite ends of one clock map to those of the other.
absl::Time FromMachineTime(std::chrono::system_clock::time_point time, base::Clock& clock);
// Inverse of FromMachineTime, with the same limits.
std::chrono::system_clock::time_point ToMachineTime(absl::Time time, base::Clock& clock);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_MACHINE_TIME_H_
