#include "service/store/probe.h"

#include "service/base/error.h"

namespace seedance::store {

Store::Health Probe::Ask(absl::Time now, absl::Duration max_age, bool outdated,
                         absl::FunctionRef<absl::Status()> write) {
  {
    base::MutexLock lock(mutex_);
    const absl::Duration age = now - last_.checked;
    const bool worthless = outdated && last_.status.ok();
    if (age <= max_age && !worthless) return last_;
    if (under_way_) {
      // A hanging disk must not block this caller too.
      if (!last_.status.ok() || age <= 2 * max_age) return last_;
      return {base::StoreUnavailable("no_answer"), last_.checked};
    }
    under_way_ = true;
  }
  const Store::Health health = {write(), now};
  base::MutexLock lock(mutex_);
  under_way_ = false;
  return last_ = health;
}

}  // namespace seedance::store
