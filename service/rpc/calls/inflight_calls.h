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

// One of the gateway's own RPCs, from its arrival to its status. Entered at most once; leaves before it is destroyed.
class InflightCall {
 public:
  // The peer as gRPC writes it. Called between Enter and Leave, by any thread.
  virtual std::string Peer() const = 0;

 protected:
  virtual ~InflightCall() = default;

 private:
  friend class InflightCalls;
  InflightCall* next_ = nullptr;  // Guarded by the mutex of InflightCalls, as is prev_.
  InflightCall* prev_ = nullptr;
};

// The gateway's own RPCs in flight. A stop waits for these, not for streams of gRPC's services (health watches stay
// open as long as their clients like), and needs to know their connections. An intrusive list: no allocation per call.
// Thread-safe.
class InflightCalls {
 public:
  // Adds the call. False after Close: the call must be refused.
  [[nodiscard]] bool Enter(InflightCall& call) {
    base::MutexLock lock(mutex_);
    if (closed_) return false;
    call.next_ = first_;
    if (first_ != nullptr) first_->prev_ = &call;
    first_ = &call;
    ++count_;
    return true;
  }

  // Removes the call. Once for each Enter that returned true.
  void Leave(InflightCall& call) {
    base::MutexLock lock(mutex_);
    (call.prev_ == nullptr ? first_ : call.prev_->next_) = call.next_;
    if (call.next_ != nullptr) call.next_->prev_ = call.prev_;
    if (--count_ == 0) none_.NotifyAll();
  }

  // Refuses further calls.
  void Close() {
    base::MutexLock lock(mutex_);
    closed_ = true;
  }

  // Number of calls in flight.
  size_t count() {
    base::MutexLock lock(mutex_);
    return count_;
  }

  // Peers with calls in flight.
  std::set<std::string> Peers() {
    base::MutexLock lock(mutex_);
    std::set<std::string> peers;
    for (const InflightCall* call = first_; call != nullptr; call = call->next_) peers.insert(call->Peer());
    return peers;
  }

  // Waits until no call is in flight, or until the deadline.
  void AwaitNone(base::Clock& clock, absl::Time deadline) {
    base::MutexLock lock(mutex_);
    while (count_ > 0 && clock.Now() < deadline) clock.WaitUntil(none_, mutex_, deadline);
  }

 private:
  base::Mutex mutex_;
  // Notified when the last call leaves.
  base::CondVar none_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  // Head of the list of calls in flight.
  InflightCall* first_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_INFLIGHT_CALLS_H_
