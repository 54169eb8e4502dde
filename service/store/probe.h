#ifndef SEEDANCE_SERVICE_STORE_PROBE_H_
#define SEEDANCE_SERVICE_STORE_PROBE_H_

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/store/store.h"

namespace seedance::store {

// Answers frequent health checks with few test writes. Thread-safe.
class Probe {
 public:
  // The last result if it is not older than `max_age`; otherwise the result of `write`, which runs on this thread
  // without a lock. While it runs for another caller: the last result, and after `max_age` more an error that there is
  // none. `outdated`: something has failed since, so an earlier success does not count.
  Store::Health Ask(absl::Time now, absl::Duration max_age, bool outdated, absl::FunctionRef<absl::Status()> write);

 private:
  base::Mutex mutex_;
  Store::Health last_ ABSL_GUARDED_BY(mutex_);
  bool under_way_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_PROBE_H_
