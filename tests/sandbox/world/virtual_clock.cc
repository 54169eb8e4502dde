#include "tests/sandbox/world/virtual_clock.h"

namespace seedance::sandbox {

absl::Time VirtualClock::Now() {
  base::MutexLock lock(mutex_);
  return start_ + (real_.Now() - start_) * speed_ + advanced_;
}

void VirtualClock::Advance(absl::Duration by) {
  if (by < absl::ZeroDuration()) return;
  base::MutexLock lock(mutex_);
  advanced_ += by;
}

void VirtualClock::Reset() {
  base::MutexLock lock(mutex_);
  start_ = real_.Now();
  advanced_ = absl::ZeroDuration();
}

}  // namespace seedance::sandbox
