#ifndef SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "service/store/group_commit.h"
#include "service/store/sqlite/commit_guard.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// Serializes writes, with group commit (group_commit.h). Several writers would instead starve one another on SQLite's
// lock. Thread-safe.
class WriteQueue {
 public:
  // Changes the database inside a transaction. An error, returned or thrown as SQLite::Exception, undoes this write and
  // no other. Runs on the caller's thread or on the queue's.
  using Write = GroupCommit<Connection>::Write;

  // `guard` sees every commit and must outlive the queue. Throws ThreadStartError.
  WriteQueue(std::unique_ptr<Connection> connection, CommitGuard& guard, base::Metrics* metrics = nullptr);

  // Finishes what is queued, joins the thread and returns the connection. No Run may be under way or follow.
  std::unique_ptr<Connection> Stop();

  // Blocks until the commit that contains `write` is on disk, or `write` has failed and is undone. When the commit
  // fails or is not trusted (CommitGuard), every write in it gets that error.
  absl::Status Run(Write write) { return queue_.Run(write); }

 private:
  using Pending = GroupCommit<Connection>::Pending;
  using Batch = GroupCommit<Connection>::Batch;

  // An exception other than SQLite::Exception ends the process: half of a write must not be committed.
  absl::Status Commit(Batch batch) noexcept;
  // Runs the writes in one transaction and ends it. An error: it failed as a whole and is rolled back.
  absl::Status RunAll(Batch batch);
  absl::Status RunAlone(Pending& pending);
  absl::Status RunOne(Write write);
  absl::Status Try(Write write);
  absl::Status Lost(const absl::Status& status);
  void Execute(const std::string& sql) { Query(*connection_, sql).Run(); }
  void RollBack();

  CommitGuard& guard_;
  std::unique_ptr<Connection> connection_;  // Used by whoever commits.
  GroupCommit<Connection> queue_;           // Last member: its thread uses the others.
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_
