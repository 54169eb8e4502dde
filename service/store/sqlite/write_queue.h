#ifndef SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_

#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "service/base/mutex.h"
#include "service/store/sqlite/commit_guard.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// Serializes writes, with group commit: all writes that queue up during a commit share the next one, and so one flush
// of the disk. Several writers would instead starve one another on SQLite's lock. A caller that finds no commit under
// way commits on its own thread, which saves two context switches; what queues up meanwhile is committed by the queue's
// thread. Thread-safe.
class WriteQueue {
 public:
  // Changes the database inside a transaction. An error, returned or thrown as SQLite::Exception, undoes this write and
  // no other. Runs on the caller's thread or on the queue's.
  using Write = absl::FunctionRef<absl::Status(Connection&)>;

  // `guard` sees every commit and must outlive the queue. Throws ThreadStartError.
  WriteQueue(std::unique_ptr<Connection> connection, CommitGuard& guard);
  ~WriteQueue();

  // Finishes what is queued, joins the thread and returns the connection. No Run may be under way or follow.
  std::unique_ptr<Connection> Stop();

  // Blocks until the commit that contains `write` is on disk, or `write` has failed and is undone. When the commit
  // fails or is not trusted (CommitGuard), every write in it gets that error.
  absl::Status Run(Write write);

 private:
  struct Pending {
    Write write;
    absl::Status status;
    bool done = false;
    base::CondVar answered;
  };

  void Loop();
  // An exception other than SQLite::Exception ends the process: half of a write must not be committed.
  absl::Status Commit(std::span<Pending* const> batch) noexcept;
  // Runs the writes in one transaction and ends it. An error: it failed as a whole and is rolled back.
  absl::Status RunAll(std::span<Pending* const> batch);
  absl::Status RunAlone(Pending& pending);
  absl::Status RunOne(Write write);
  absl::Status Try(Write write);
  absl::Status Lost(const absl::Status& status);
  void Execute(const std::string& sql) { Query(*connection_, sql).Run(); }
  void RollBack();

  CommitGuard& guard_;
  std::unique_ptr<Connection> connection_;  // Used by whoever commits.
  base::Mutex mutex_;
  base::CondVar work_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;  // A commit is under way.
  std::vector<Pending*> queue_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last member: it uses the others.
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_
