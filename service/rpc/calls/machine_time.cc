#include "service/rpc/calls/machine_time.h"

namespace seedance::rpc {

using std::chrono::system_clock;

absl::Time FromMachineTime(system_clock::time_point time, base::Clock& clock) {
  if (time == system_clock::time_point::max()) return absl::InfiniteFuture();
  return clock.Now() + absl::FromChrono(time - system_clock::now());
}

system_clock::time_point ToMachineTime(absl::Time time, base::Clock& clock) {
  if (time == absl::InfiniteFuture()) return system_clock::time_point::max();
  return absl::ToChronoTime(absl::FromChrono(system_clock::now()) + (time - clock.Now()));
}

}  // namespace seedance::rpc
