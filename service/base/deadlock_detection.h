#ifndef SEEDANCE_SERVICE_BASE_DEADLOCK_DETECTION_H_
#define SEEDANCE_SERVICE_BASE_DEADLOCK_DETECTION_H_

namespace seedance::base {

// Sets absl's detector of lock orders that might deadlock, which aborts the process, as the build says (CMake's
// SEEDANCE_DEADLOCK_DETECTION): on with sanitizers, off otherwise. gRPC's locks are absl's; ours are not. Call it first
// in main.
void SetDeadlockDetection();

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_DEADLOCK_DETECTION_H_
