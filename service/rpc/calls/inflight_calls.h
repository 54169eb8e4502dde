#ifndef SEEDANCE_SERVICE_RPC_CALLS_INFLIGHT_CALLS_H_
#define SEEDANCE_SERVICE_RPC_CALLS_INFLIGHT_CALLS_H_

#include <cstddef>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

class InflightCalls;

// One of our own RPCs, from its arrival to its status. Entered once at most; leaves before it is destroyed.
class ActiveCall {
 public:
  // The connection that it came on, as gRPC writes it. Called between Enter and Leave, by any thread.
  virtual std::string Peer() const = 0;

 protected:
  virtual ~ActiveCall() = default;

 private:
  friend class InflightCalls;
  ActiveCall* next_ = nullptr;  // Guarded by the mutex of InflightCalls, as is prev_.
  ActiveCall* prev_ = nullptr;
};

// Our own RPCs under way, so that a stop need not wait for streams of gRPC's services (health watches stay open for as
// long as their client likes), and knows which connections still matter. A list through the calls themselves: it costs
// them no allocation. Thread-safe.
class InflightCalls {
 public:
  // False after Close: the call must be refused.
  [[nodiscard]] bool Enter(ActiveCall& call) {
    base::MutexLock lock(mutex_);
    if (closed_) return false;
    call.next_ = first_;
    if (first_ != nullptr) first_->prev_ = &call;
    first_ = &call;
    ++count_;
    return true;
  }

  // Once for each Enter that was true.
  void Leave(ActiveCall& call) {
    base::MutexLock lock(mutex_);
    (call.prev_ == nullptr ? first_ : call.prev_->next_) = call.next_;
    if (call.next_ != nullptr) call.next_->prev_ = call.prev_;
    if (--count_ == 0) none_.NotifyAll();
  }

  // Lets no further call in.
  void Close() {
    base::MutexLock lock(mutex_);
    closed_ = true;
  }

  size_t count() {
    base::MutexLock lock(mutex_);
    return count_;
  }

  // The connections that have calls under way.
  std::set<std::string> Peers() {
    base::MutexLock lock(mutex_);
    std::set<std::string> peers;
    for (const ActiveCall* call = first_; call != nullptr; call = call->next_) peers.insert(call->Peer());
    return peers;
  }

  // Waits until there is none, or for the deadline.
  void AwaitNone(base::Clock& clock, absl::Time deadline) {
    base::MutexLock lock(mutex_);
    while (count_ > 0 && clock.Now() < deadline) clock.WaitUntil(none_, mutex_, deadline);
  }

 private:
  base::Mutex mutex_;
  base::CondVar none_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  ActiveCall* first_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_INFLIGHT_CALLS_H_
