#include "service/store/sqlite/write_queue.h"

#include <utility>

#include "service/base/error.h"
#include "service/base/thread.h"

namespace seedance::store::sqlite {

WriteQueue::WriteQueue(std::unique_ptr<Connection> connection, CommitGuard& guard)
    : guard_(guard),
      connection_(std::move(connection)),
      thread_(base::StartThread("store-writer", [this] { Loop(); })) {}

WriteQueue::~WriteQueue() { Stop(); }

std::unique_ptr<Connection> WriteQueue::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    work_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
  return std::move(connection_);
}

absl::Status WriteQueue::Run(Write write) {
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

void WriteQueue::Loop() {
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

absl::Status WriteQueue::Commit(std::span<Pending* const> batch) noexcept {
  if (absl::Status admitted = guard_.Admit(); !admitted.ok()) return admitted;
  try {
    Execute("BEGIN IMMEDIATE");
    const int64_t changes = connection_->total_changes();
    const absl::Status run = batch.size() == 1 ? RunAlone(*batch.front()) : RunAll(batch);
    if (!run.ok() || !connection_->in_transaction()) return run;
    const bool changed = connection_->total_changes() != changes;
    if (changed) guard_.Stamp(*connection_);
    Execute("COMMIT");
    return changed ? guard_.Committed() : absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    RollBack();
    return guard_.Failed(guard_.soundness().Saw(error));
  }
}

// A failure rolls back the whole transaction; there is nothing else in it.
absl::Status WriteQueue::RunAlone(Pending& pending) {
  pending.status = Try(pending.write);
  if (!connection_->in_transaction()) return Lost(pending.status);
  if (pending.status.ok()) return absl::OkStatus();
  RollBack();
  // The next transaction must not commit it.
  if (connection_->in_transaction()) return Lost(pending.status);
  const bool unavailable = base::GetReason(pending.status) == base::Reason::kStoreUnavailable;
  return unavailable ? guard_.Failed(pending.status) : absl::OkStatus();
}

absl::Status WriteQueue::RunAll(std::span<Pending* const> batch) {
  for (Pending* pending : batch) {
    pending->status = RunOne(pending->write);
    if (!connection_->in_transaction()) return Lost(pending->status);
  }
  return absl::OkStatus();
}

absl::Status WriteQueue::RunOne(Write write) {
  Execute("SAVEPOINT one_write");
  const absl::Status status = Try(write);
  if (!connection_->in_transaction()) return status;
  if (!status.ok()) Execute("ROLLBACK TO one_write");
  Execute("RELEASE one_write");
  return status;
}

absl::Status WriteQueue::Try(Write write) {
  try {
    return write(*connection_);
  } catch (const SQLite::Exception& error) {
    return guard_.soundness().Saw(error);
  }
}

// SQLite rolls the whole transaction back itself after some errors (disk full, I/O, memory).
absl::Status WriteQueue::Lost(const absl::Status& status) {
  const bool explained = base::GetReason(status) == base::Reason::kStoreUnavailable;
  return guard_.Failed(explained ? status : base::StoreUnavailable("rolled_back"));
}

void WriteQueue::RollBack() {
  if (!connection_->in_transaction()) return;
  try {
    Execute("ROLLBACK");
  } catch (const SQLite::Exception& error) {
    // The next BEGIN will fail too and report it.
    guard_.soundness().Saw(error).IgnoreError();
  }
}

}  // namespace seedance::store::sqlite
