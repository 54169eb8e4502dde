#include "service/server/deadlock_detection.h"

#include "absl/synchronization/mutex.h"

namespace seedance::server {

void SetDeadlockDetection() {
  absl::SetMutexDeadlockDetectionMode(SEEDANCE_DEADLOCK_DETECTION ? absl::OnDeadlockCycle::kAbort
                                                                  : absl::OnDeadlockCycle::kIgnore);
}

}  // namespace seedance::server
