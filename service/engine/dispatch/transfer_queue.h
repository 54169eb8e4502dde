#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_TRANSFER_QUEUE_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_TRANSFER_QUEUE_H_

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/engine/dispatch/fair_queue.h"
#include "service/engine/dispatch/least_rate.h"

namespace seedance::engine {

// One transfer that has a place, on its thread. While it waits for its peer (the caller that sends or reads, a server
// that is read from) it can be ended in favour of others. Thread-safe.
class TransferSlot {
 public:
  TransferSlot(const LeastRate::Options& least_rate, base::Clock& clock);

  // The peer's bytes are counted by messages, and the first may have `bytes`. Before any wait.
  void ExpectMessage(int64_t bytes);
  // From here on the transfer waits for its peer.
  void BeginWait();
  // The peer moved `bytes`. False: the transfer was ended meanwhile; nothing may be done with the bytes.
  [[nodiscard]] bool EndWait(int64_t bytes);
  // Both, for transfers that always wait for their peer.
  [[nodiscard]] bool Moved(int64_t bytes);

  // Ends the transfer if it waits now and its peer is too slow. True: it did.
  bool EndIfTooSlow();

  bool ended();
  // ABORTED with TRANSFER_TOO_SLOW and RetryInfo: what the caller of an ended transfer gets. Says what was measured.
  absl::Status Error();

 private:
  base::Clock& clock_;
  base::Mutex mutex_;
  LeastRate rate_ ABSL_GUARDED_BY(mutex_);
  absl::Time wait_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // InfiniteFuture: it does not wait.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// Transfers of bytes, each on a thread of its own while it has a place. Those without a place wait here, on no thread:
// tenants take turns (FairQueue), and a tenant that has no transfer under way may also use one of the spare places, so
// that it need not wait for the end of long transfers of others. While something waits, transfers whose peer is slower
// than the least rate are ended; those of the tenant with the most places first, and never in favour of a tenant that
// has as many. Thread-safe; works run without a lock.
class TransferQueue {
 public:
  struct Options {
    size_t places = 32;           // Transfers at the same time.
    size_t max_waiting = 20'000;  // Of all tenants; a tenant with less than its share of them may still add.
    LeastRate::Options least_rate;
  };

  struct Transfer {
    std::string tenant;
    // Runs on a thread when the transfer has a place.
    absl::AnyInvocable<void(const std::shared_ptr<TransferSlot>& slot)> work;
    // Called instead of `work`, when `cancel` was cancelled before its turn came. On the thread that cancels.
    absl::AnyInvocable<void()> dropped;
    // Whoever waits for the transfer. Null: it runs whatever happens.
    std::shared_ptr<base::CancelToken> cancel;
    // Is cancelled when the transfer is ended as too slow, so that it stops waiting. May be `cancel`. Null: nothing.
    std::shared_ptr<base::CancelToken> end;
  };

  // How often transfers are looked at while something waits.
  static constexpr absl::Duration kCheckPause = absl::Seconds(1);

  // `check_at`: Check is to be called then; without a lock. `name` is that of the threads. Throws ThreadStartError.
  TransferQueue(const std::string& name, const Options& options, base::Clock& clock,
                std::function<void(absl::Time)> check_at);
  // Stops.
  ~TransferQueue();

  // Counts the transfers that are ended as too slow. Before the first Submit.
  void CountEnded(base::Counter counter) { ended_ = counter; }

  // False, and the transfer is dropped without a call, when too many wait or the queue is stopped.
  [[nodiscard]] bool Submit(Transfer transfer);

  // Ends transfers that are too slow, as many as wait. Asks for another check while something waits.
  void Check();

  // Takes nothing more, and waits until what was taken has run, at most until `deadline`, by the machine's clock.
  void Finish(absl::Time deadline);
  // As Finish without a deadline; joins the threads. May be called twice.
  void Stop();

  struct Facts {
    size_t waiting = 0;
    size_t running = 0;
  };
  Facts facts();

 private:
  struct Waiting {
    Transfer transfer;
    uint64_t cancel_id = 0;
  };
  struct Running {
    std::string tenant;
    std::shared_ptr<TransferSlot> slot;
    std::shared_ptr<base::CancelToken> end;
  };
  struct Tenant {
    size_t waiting = 0;  // Without a place.
    size_t placed = 0;
    size_t running = 0;  // Of those that have a place, those that have a thread.
  };
  using Item = FairQueue<std::shared_ptr<Waiting>>::Item;

  bool Enter(const std::string& key, std::shared_ptr<Waiting> waiting);
  void Drop(const std::string& key);
  void HandOut();
  std::vector<Item> TakeReadyLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run(const Item& item);
  void EndedLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetIfIdleLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<std::shared_ptr<base::CancelToken>> EndSlowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether something of another tenant with fewer transfers, or of the tenant itself, waits.
  bool MustYieldLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  const Options options_;
  const size_t spare_;
  base::Clock& clock_;
  const std::function<void(absl::Time)> check_at_;
  base::Counter ended_;  // As too slow.
  base::Mutex mutex_;
  base::CondVar empty_;  // Nothing waits and nothing has a place.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_key_ ABSL_GUARDED_BY(mutex_) = 1;
  size_t placed_ ABSL_GUARDED_BY(mutex_) = 0;
  FairQueue<std::shared_ptr<Waiting>> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Tenant> tenants_ ABSL_GUARDED_BY(mutex_);
  std::list<Running> running_ ABSL_GUARDED_BY(mutex_);
  base::ThreadPool pool_;  // Last: its threads use the others.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_TRANSFER_QUEUE_H_
