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
  base::MutexLock lock(mutex_);
  queue_.push_back(&pending);
  work_.NotifyOne();
  while (!pending.done) pending.answered.Wait(mutex_);
  return pending.status;
}

void WriteQueue::Loop() {
  for (;;) {
    std::vector<Pending*> batch;
    {
      base::MutexLock lock(mutex_);
      while (queue_.empty() && !stopped_) work_.Wait(mutex_);
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    const absl::Status committed = Commit(batch);
    base::MutexLock lock(mutex_);
    for (Pending* pending : batch) {
      // Even a write that failed by itself: it may have judged by what a neighbour wrote and lost.
      if (!committed.ok()) pending->status = committed;
      pending->done = true;
      pending->answered.NotifyOne();  // Under the lock: afterwards the caller may have destroyed it.
    }
  }
}

absl::Status WriteQueue::Commit(const std::vector<Pending*>& batch) {
  if (absl::Status admitted = guard_.Admit(); !admitted.ok()) return admitted;
  try {
    connection_->Execute("BEGIN IMMEDIATE");
    const int64_t changes = connection_->total_changes();
    for (Pending* pending : batch) {
      pending->status = RunOne(pending->write);
      // SQLite rolls the whole transaction back by itself after some errors (disk full, I/O, memory).
      if (!connection_->in_transaction()) {
        const bool explained = base::GetReason(pending->status) == base::Reason::kStoreUnavailable;
        return guard_.Failed(explained ? pending->status : base::StoreUnavailable("rolled_back"));
      }
    }
    const bool changed = connection_->total_changes() != changes;
    if (changed) guard_.Stamp(*connection_);
    connection_->Execute("COMMIT");
    return changed ? guard_.Committed() : absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    RollBack();
    return guard_.Failed(guard_.soundness().Saw(error));
  }
}

absl::Status WriteQueue::RunOne(Write write) {
  connection_->Execute("SAVEPOINT one_write");
  absl::Status status;
  try {
    status = write(*connection_);
  } catch (const SQLite::Exception& error) {
    status = guard_.soundness().Saw(error);
  }
  if (!connection_->in_transaction()) return status;
  if (!status.ok()) connection_->Execute("ROLLBACK TO one_write");
  connection_->Execute("RELEASE one_write");
  return status;
}

void WriteQueue::RollBack() {
  if (!connection_->in_transaction()) return;
  try {
    connection_->Execute("ROLLBACK");
  } catch (const SQLite::Exception& error) {
    // The next BEGIN will fail too, and say so to its callers.
    guard_.soundness().Saw(error).IgnoreError();
  }
}

}  // namespace seedance::store::sqlite
