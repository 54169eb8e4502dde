#include "service/base/deadlock_detection.h"

#include "absl/synchronization/mutex.h"

namespace seedance::base {

void SetDeadlockDetection() {
  absl::SetMutexDeadlockDetectionMode(SEEDANCE_DEADLOCK_DETECTION ? absl::OnDeadlockCycle::kAbort
                                                                  : absl::OnDeadlockCycle::kIgnore);
}

}  // namespace seedance::base
