#ifndef SEEDANCE_SERVICE_RPC_CALLS_RECEIVE_GATE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_RECEIVE_GATE_H_

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "service/base/mutex.h"

namespace seedance::rpc {

// Bounds how many calls receive their first message at the same time, since each may hold a whole message. The others
// wait, in turns by tenant; what their peers send meanwhile is bounded by the window of their streams. A tenant has
// half of the places at most, so that its slow peers do not keep the others out. Thread-safe.
class ReceiveGate {
 public:
  class Receiver {
   public:
    virtual ~Receiver() = default;
    // It has a place now, unless it returns false: it needs none any more. Called at most once, by the thread that gave
    // a place back, without a lock.
    virtual bool OnPlace() = 0;
    // It waits no more, because another one took its place to wait in. At most once, by the thread of the other one,
    // without a lock.
    virtual void OnPushedOut() = 0;
  };

  // Who of a tenant has its next turn. The newest is the one whose message is most likely to come, where most peers may
  // be hostile.
  enum class Order { kOldestFirst, kNewestFirst };

  // `max_waiting`: of all tenants together, at least 1. A further one waits instead of the oldest of the tenant that
  // has most waiting.
  ReceiveGate(size_t places, size_t max_waiting, Order order)
      : places_(places), max_waiting_(max_waiting), order_(order) {}

  // True: it has a place. False: it waits, and OnPlace tells when it has one; a receiver that is gone by then is passed
  // over.
  [[nodiscard]] bool Enter(const std::string& tenant, const std::shared_ptr<Receiver>& receiver);

  // Gives a place of that tenant back.
  void Leave(const std::string& tenant);

 private:
  struct Lane {
    size_t used = 0;
    std::deque<std::weak_ptr<Receiver>> waiting;
  };

  // Takes the oldest of the tenant that has most waiting out; null: it is gone.
  std::shared_ptr<Receiver> PushOutLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasPlaceLocked(const Lane& lane) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBackLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next that waits and may go, with its place taken; null: none.
  std::shared_ptr<Receiver> NextLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t places_;
  const size_t max_waiting_;
  const Order order_;
  base::Mutex mutex_;
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Lane> lanes_ ABSL_GUARDED_BY(mutex_);  // Those in use, and a few that were.
  std::string last_ ABSL_GUARDED_BY(mutex_);                   // The tenant of the last one that NextLocked returned.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RECEIVE_GATE_H_
