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

// RESOURCE_EXHAUSTED with RetryInfo: too many calls, of the tenant or in total, wait for the call pool. Nothing was
// done.
absl::Status CallPoolFull();

// Status of a call whose work threw; call it inside a catch block. RESOURCE_EXHAUSTED when memory ran out, otherwise
// INTERNAL. Has no RetryInfo, because the work may be half done. Writes one log line.
absl::Status EndOfThrown();

// The threads for work of calls that may block. Tenants with waiting work take turns, however much each has. A tenant
// may use as many queue places as it leaves free, so others always find one. Thread-safe.
class CallPool {
 public:
  using Work = absl::AnyInvocable<void()>;
  using OnFailed = absl::AnyInvocable<void(const absl::Status&)>;

  // At most `max_waiting` pieces of work wait. Throws base::ThreadStartError.
  CallPool(size_t threads, size_t max_waiting);
  // Calls Stop.
  ~CallPool() { Stop(); }

  // Runs `work` on a thread of the pool. If it throws, `on_failed` runs there with EndOfThrown. If the queue is full,
  // the pool is stopped or memory is short, `on_failed` runs instead with CallPoolFull before Run returns; so the
  // caller must not hold a lock that it takes. Throws only what `on_failed` throws.
  void Run(const std::string& tenant, Work work, OnFailed on_failed);

  // Accepts no more work, runs what waits, joins the threads. May be called twice; not from the pool's threads.
  void Stop() { pool_.Stop(); }

 private:
  // Work and what to do when it fails.
  struct Item {
    Work work;
    OnFailed on_failed;
  };
  // Waiting work of one tenant.
  struct Lane {
    std::string tenant;
    std::deque<Item> items;
  };
  using Ring = std::list<Lane>;

  // False: `item` was not taken and is unchanged.
  bool Add(const std::string& tenant, Item& item);
  bool AddLocked(const std::string& tenant, Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // On a thread of the pool: runs waiting work until there is none.
  void RunWaiting();
  static void RunOne(Item& item);
  // Takes the next item. False: none waits, RunWaiting ends. Allocates nothing.
  bool Next(Item& item);

  const size_t max_threads_;
  const size_t max_waiting_;
  base::Mutex mutex_;
  size_t runs_ ABSL_GUARDED_BY(mutex_) = 0;  // Number of RunWaiting accepted by the pool that have not ended.
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  Ring ring_ ABSL_GUARDED_BY(mutex_);  // Tenants with waiting work, in the order of their turns.
  std::unordered_map<std::string_view, Ring::iterator> lanes_ ABSL_GUARDED_BY(mutex_);  // By tenant.
  base::ThreadPool pool_;  // Last member: its threads use the others.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_CALL_POOL_H_
