#ifndef SEEDANCE_SERVICE_RPC_ACTIVE_CALLS_H_
#define SEEDANCE_SERVICE_RPC_ACTIVE_CALLS_H_

#include <cstddef>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// Number of our own RPCs under way, so that a stop need not wait for streams of gRPC's services (health watches stay
// open for as long as their client likes). Thread-safe.
class ActiveCalls {
 public:
  void Enter() {
    base::MutexLock lock(mutex_);
    ++count_;
  }

  void Leave() {
    base::MutexLock lock(mutex_);
    if (--count_ == 0) none_.NotifyAll();
  }

  size_t count() {
    base::MutexLock lock(mutex_);
    return count_;
  }

  // Waits until there is none, or for the deadline.
  void AwaitNone(base::Clock& clock, absl::Time deadline) {
    base::MutexLock lock(mutex_);
    while (count_ > 0 && clock.Now() < deadline) clock.WaitUntil(none_, mutex_, deadline);
  }

 private:
  base::Mutex mutex_;
  base::CondVar none_;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_ACTIVE_CALLS_H_
