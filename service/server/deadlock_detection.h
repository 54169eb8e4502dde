#ifndef SEEDANCE_SERVICE_SERVER_DEADLOCK_DETECTION_H_
#define SEEDANCE_SERVICE_SERVER_DEADLOCK_DETECTION_H_

namespace seedance::server {

// Switches absl's deadlock detector, which aborts the process on an inconsistent lock order, as the build says (CMake's
// SEEDANCE_DEADLOCK_DETECTION: on with sanitizers, off otherwise). It covers gRPC's locks; the service's own are not
// absl's. Call it first in main.
//
// Tests: tests/lint/hardening_probe.cc
void SetDeadlockDetection();

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_DEADLOCK_DETECTION_H_
