#ifndef SEEDANCE_SERVICE_RPC_CALLS_CALL_POOL_H_
#define SEEDANCE_SERVICE_RPC_CALLS_CALL_POOL_H_

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"

namespace seedance::rpc {

// RESOURCE_EXHAUSTED with RetryInfo: too many calls of the tenant, or of all, wait for the call pool. Nothing was done.
absl::Status CallPoolFull();

// How a call ends whose work threw, to be called in the handler of the exception: RESOURCE_EXHAUSTED when memory ran
// out, else INTERNAL. Without RetryInfo, for the work may have been done in part: nobody is told to send it again.
// Writes one log line.
absl::Status EndOfThrown();

// The threads on which calls do what may block. Tenants that have work waiting take turns, however much each has. A
// tenant may have as many places to wait in as it leaves free, so that there is one for every other tenant.
class CallPool {
 public:
  using Work = absl::AnyInvocable<void()>;
  using OnFailed = absl::AnyInvocable<void(const absl::Status&)>;

  // Throws base::ThreadStartError.
  CallPool(size_t threads, size_t max_waiting);
  // Stops.
  ~CallPool() { Stop(); }

  // Runs `work` on one of the threads. If it throws, `on_failed` runs there, with EndOfThrown. When too many wait, the
  // pool is stopped, or there is no memory, `on_failed` runs instead, with CallPoolFull, before this returns: the
  // caller holds no lock that it takes. Throws only what it throws. Thread-safe.
  void Run(const std::string& tenant, Work work, OnFailed on_failed);

  // Takes no more work, runs what waits, joins the threads. May be called twice, not from the pool's threads.
  void Stop() { pool_.Stop(); }

 private:
  struct Item {
    Work work;
    OnFailed on_failed;
  };
  struct Lane {
    std::string tenant;
    std::deque<Item> items;
  };
  using Ring = std::list<Lane>;

  // False: `item` was not taken, and is as it was.
  bool Add(const std::string& tenant, Item& item);
  bool AddLocked(const std::string& tenant, Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // On a thread of the pool: runs what waits until nothing does.
  void RunWaiting();
  static void RunOne(Item& item);
  // False: nothing waits, and RunWaiting ends. Needs no memory.
  bool Next(Item& item);

  const size_t max_threads_;
  const size_t max_waiting_;
  base::Mutex mutex_;
  size_t runs_ ABSL_GUARDED_BY(mutex_) = 0;  // RunWaiting that the pool has taken and that have not ended.
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  Ring ring_ ABSL_GUARDED_BY(mutex_);  // Tenants that have something waiting, in the order of their turns.
  std::unordered_map<std::string_view, Ring::iterator> lanes_ ABSL_GUARDED_BY(mutex_);  // By tenant.
  base::ThreadPool pool_;  // Last: its threads use the others.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_CALL_POOL_H_
