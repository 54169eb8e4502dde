#ifndef SEEDANCE_SERVICE_STORE_GROUP_COMMIT_H_
#define SEEDANCE_SERVICE_STORE_GROUP_COMMIT_H_

#include <functional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/thread.h"

namespace seedance::store {

// What operators see of the transactions that write. Null: nothing.
struct CommitMetrics {
  explicit CommitMetrics(base::Metrics* metrics) {
    if (metrics == nullptr) return;
    seconds = metrics->Histogram("seedance_store_transaction_seconds");
    writes = metrics->Counter("seedance_store_writes_total");
  }

  base::Histogram seconds;
  base::Counter writes;
};

// Serializes writes, with group commit: all writes that queue up during a commit share the next one, and so one flush
// of the disk. A caller that finds no commit under way commits on its own thread, which saves two context switches;
// what queues up meanwhile is committed by the queue's thread. Thread-safe.
//
// Tests: tests/unit/store/sqlite/write_queue_test.cc
template <typename Connection>
class GroupCommit {
 public:
  // Changes the database inside a transaction. Runs on the caller's thread or on the queue's.
  using Write = absl::FunctionRef<absl::Status(Connection&)>;

  struct Pending {
    Write write;
    absl::Status status;  // Of this write alone.
    bool done = false;
    base::CondVar answered;
  };
  using Batch = std::span<Pending* const>;

  // `commit` runs the writes of a batch in one transaction, sets the status of each and commits. An error: the batch
  // failed as a whole, and every write in it gets that error. One call at a time; must not throw. Throws
  // ThreadStartError.
  GroupCommit(std::function<absl::Status(Batch)> commit, const CommitMetrics& metrics)
      : commit_(std::move(commit)), metrics_(metrics), thread_(base::StartThread("store-writer", [this] { Loop(); })) {}
  ~GroupCommit() { Stop(); }

  // Finishes what is queued and joins the thread. No Run may be under way or follow.
  void Stop() {
    {
      base::MutexLock lock(mutex_);
      stopped_ = true;
      work_.NotifyOne();
    }
    if (thread_.joinable()) thread_.join();
  }

  // Blocks until the commit that contains `write` has succeeded or failed, or `write` has failed.
  absl::Status Run(Write write) {
    Pending pending{write, absl::OkStatus(), false, {}};
    {
      base::MutexLock lock(mutex_);
      if (busy_ || !queue_.empty()) {
        queue_.push_back(&pending);
        if (!busy_) work_.NotifyOne();
        while (!pending.done) pending.answered.Wait(mutex_);
        return pending.status;
      }
      busy_ = true;
    }
    // Nothing may throw while busy_ is set, or later writes would wait for ever: so no batch on the heap.
    Pending* const one = &pending;
    const absl::Status committed = Commit({&one, 1});
    base::MutexLock lock(mutex_);
    busy_ = false;
    if (!queue_.empty()) work_.NotifyOne();
    return committed.ok() ? pending.status : committed;
  }

 private:
  absl::Status Commit(Batch batch) {
    const absl::Time begin = base::RealClock().Now();
    absl::Status committed = commit_(batch);
    if (!committed.ok()) return committed;
    metrics_.seconds.Observe(absl::ToDoubleSeconds(base::RealClock().Now() - begin));
    metrics_.writes.Add(static_cast<double>(batch.size()));
    return committed;
  }

  void Loop() {
    for (;;) {
      std::vector<Pending*> batch;
      {
        base::MutexLock lock(mutex_);
        while (busy_ || (queue_.empty() && !stopped_)) work_.Wait(mutex_);
        if (queue_.empty()) return;
        batch.swap(queue_);
        busy_ = true;
      }
      const absl::Status committed = Commit(batch);
      base::MutexLock lock(mutex_);
      busy_ = false;
      for (Pending* pending : batch) {
        // Also for a write that failed by itself: it may have depended on a neighbour's lost write.
        if (!committed.ok()) pending->status = committed;
        pending->done = true;
        pending->answered.NotifyOne();  // Under the lock: afterwards the caller may destroy `pending`.
      }
    }
  }

  const std::function<absl::Status(Batch)> commit_;
  CommitMetrics metrics_;
  base::Mutex mutex_;
  base::CondVar work_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;  // A commit is under way.
  std::vector<Pending*> queue_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last member: it uses the others.
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_GROUP_COMMIT_H_
