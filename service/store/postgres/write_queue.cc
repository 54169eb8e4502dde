#include "service/store/postgres/write_queue.h"

#include <utility>

#include "service/base/error.h"

namespace seedance::store::postgres {

WriteQueue::WriteQueue(std::unique_ptr<OwnerSession> session, Soundness& soundness, base::Metrics* metrics)
    : soundness_(soundness),
      session_(std::move(session)),
      queue_([this](Batch batch) { return Commit(batch); }, CommitMetrics(metrics)) {}

absl::Status WriteQueue::Commit(Batch batch) noexcept {
  if (absl::Status sound = soundness_.status(); !sound.ok()) return sound;
  const absl::StatusOr<Meta> meta = Begin();
  if (!meta.ok()) return Failed(meta.status());
  const absl::StatusOr<Connection*> connection = session_->Ready();
  if (!connection.ok()) return Failed(connection.status());
  const int64_t changes = (*connection)->changes();
  if (absl::Status run = RunAll(**connection, batch); !run.ok()) {
    RollBack(**connection);
    return Failed(run);
  }
  const bool undone = batch.size() == 1 && !batch.front()->status.ok();
  if (undone || (*connection)->changes() == changes) {
    // Nothing to make durable.
    RollBack(**connection);
    return absl::OkStatus();
  }
  return End(**connection, *meta);
}

absl::StatusOr<Meta> WriteQueue::Begin() {
  for (bool again = false;; again = true) {
    const absl::StatusOr<Connection*> connection = session_->Ready();
    if (!connection.ok()) return connection.status();
    try {
      absl::StatusOr<Meta> meta = session_->Begin();
      if (!meta.ok()) RollBack(**connection);
      return meta;
    } catch (const PostgresError& error) {
      // An idle session may have ended long ago. No write has run yet.
      const bool ended = error.lost() && error.sqlstate() != PostgresError::kNoAnswer;
      if (ended && !again) continue;
      RollBack(**connection);
      return StatusOf(error);
    }
  }
}

absl::Status WriteQueue::RunAll(Connection& connection, Batch batch) {
  // One alone is undone with its transaction, which saves the server's answers to savepoints.
  const bool several = batch.size() > 1;
  try {
    for (Pending* pending : batch) {
      const int64_t revision = connection.revision;
      if (several) {
        connection.Execute(pending == batch.front() ? "SAVEPOINT one_write" : "RELEASE one_write; SAVEPOINT one_write");
      }
      pending->status = Try(connection, pending->write);
      if (!connection.usable()) return pending->status.ok() ? base::StoreUnavailable("rolled_back") : pending->status;
      if (pending->status.ok() || !several) continue;
      connection.Execute("ROLLBACK TO one_write");
      connection.revision = revision;
    }
    return absl::OkStatus();
  } catch (const PostgresError& error) {
    return StatusOf(error);
  }
}

absl::Status WriteQueue::Try(Connection& connection, Write write) {
  try {
    return write(connection);
  } catch (const PostgresError& error) {
    return Failed(StatusOf(error));
  }
}

absl::Status WriteQueue::End(Connection& connection, const Meta& meta) {
  try {
    CommitWrite(connection, meta, session_->replica(), session_->notification());
  } catch (const PostgresError& error) {
    absl::Status status = StatusOf(error);
    if (!error.lost()) {
      RollBack(connection);
      return Failed(status);
    }
    switch (session_->ResolveCommit(meta)) {
      case Outcome::kCommitted:
        break;
      case Outcome::kAborted:
        return Failed(status);
      default:
        return Failed(base::StoreUnavailable("commit_unknown"));
    }
  }
  session_->Committed(meta);
  failed_ = false;
  return absl::OkStatus();
}

absl::Status WriteQueue::Failed(absl::Status status) {
  failed_ = true;
  return status;
}

void WriteQueue::RollBack(Connection& connection) {
  if (!connection.usable() || !connection.in_transaction()) return;
  try {
    connection.Execute("ROLLBACK");
  } catch (const PostgresError& error) {
    // The next BEGIN will fail too and report it.
    StatusOf(error).IgnoreError();
  }
}

}  // namespace seedance::store::postgres
