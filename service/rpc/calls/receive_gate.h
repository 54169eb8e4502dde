#ifndef SEEDANCE_SERVICE_RPC_CALLS_RECEIVE_GATE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_RECEIVE_GATE_H_

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "service/base/mutex.h"

namespace seedance::rpc {

// Limits how many calls receive their first message concurrently, because each may hold a whole message. Others wait,
// tenants in turns; what their peers send meanwhile is bounded by the stream windows. A tenant has at most half of the
// places, so its slow peers do not block others. Thread-safe.
//
// Tests: tests/unit/rpc/calls/call_limits_test.cc
class ReceiveGate {
 public:
  // A call that waits for a place.
  class Receiver {
   public:
    virtual ~Receiver() = default;
    // It has a place now; false: it no longer needs one. Called at most once, without a lock, by the thread that
    // returned a place.
    virtual bool OnPlace() = 0;
    // It no longer waits, because another one took its place in the queue. Called at most once, without a lock, by the
    // other one's thread.
    virtual void OnPushedOut() = 0;
  };

  // Which call of a tenant is next. Where most peers may be hostile, the newest is the one whose message is most likely
  // to come.
  enum class Order { kOldestFirst, kNewestFirst };

  // `max_waiting` (at least 1): of all tenants together. One more evicts the oldest of the tenant with the most
  // waiting.
  ReceiveGate(size_t places, size_t max_waiting, Order order)
      : places_(places), max_waiting_(max_waiting), order_(order) {}

  // True: it has a place. False: it waits for OnPlace; a receiver destroyed by then is skipped.
  [[nodiscard]] bool Enter(const std::string& tenant, const std::shared_ptr<Receiver>& receiver);

  // Returns a place of that tenant.
  void Leave(const std::string& tenant);

 private:
  struct Lane {
    size_t used = 0;
    std::deque<std::weak_ptr<Receiver>> waiting;
  };

  // Removes the oldest of the tenant with the most waiting; null: it was destroyed.
  std::shared_ptr<Receiver> PushOutLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasPlaceLocked(const Lane& lane) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBackLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next waiting receiver that may go, with its place taken; null: none.
  std::shared_ptr<Receiver> NextLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t places_;
  const size_t max_waiting_;
  const Order order_;
  base::Mutex mutex_;
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Lane> lanes_ ABSL_GUARDED_BY(mutex_);  // In use; a few more are kept.
  std::string last_ ABSL_GUARDED_BY(mutex_);                   // Tenant of the last receiver that NextLocked returned.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RECEIVE_GATE_H_
