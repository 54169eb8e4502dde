#include "service/store/sqlite/write_queue.h"

#include <utility>

#include "service/base/error.h"
#include "service/store/sqlite/sqlite_error.h"

namespace seedance::store::sqlite {

WriteQueue::WriteQueue(std::unique_ptr<Connection> connection, CommitGuard& guard, base::Metrics* metrics)
    : guard_(guard),
      connection_(std::move(connection)),
      queue_([this](Batch batch) { return Commit(batch); }, CommitMetrics(metrics)) {}

std::unique_ptr<Connection> WriteQueue::Stop() {
  queue_.Stop();
  return std::move(connection_);
}

absl::Status WriteQueue::Commit(Batch batch) noexcept {
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
    return guard_.Failed(Saw(guard_.soundness(), error));
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

absl::Status WriteQueue::RunAll(Batch batch) {
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
    return Saw(guard_.soundness(), error);
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
    Saw(guard_.soundness(), error).IgnoreError();
  }
}

}  // namespace seedance::store::sqlite
