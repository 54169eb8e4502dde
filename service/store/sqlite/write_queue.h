#ifndef SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "service/base/mutex.h"
#include "service/store/sqlite/commit_guard.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// The one thread that writes, with group commit: all writes that queue up while a commit is on its way share the next
// one, and so one flush of the disk. Several writers would instead starve one another on SQLite's lock.
//
// Thread-safe.
class WriteQueue {
 public:
  // Changes the database inside a transaction; an error, returned or thrown as SQLite::Exception, undoes what this
  // write did and nothing else. Runs on the queue's thread.
  using Write = absl::FunctionRef<absl::Status(Connection&)>;

  // `guard` goes along with every commit and outlives the queue.
  WriteQueue(std::unique_ptr<Connection> connection, CommitGuard& guard);
  ~WriteQueue();

  // Finishes what is queued and returns the connection. No Run may be under way or follow.
  std::unique_ptr<Connection> Stop();

  // Blocks until the commit that contains `write` is on disk, or `write` has failed and is undone. When the commit
  // fails, or is not trusted (CommitGuard), every write in it gets that error.
  absl::Status Run(Write write);

 private:
  struct Pending {
    Write write;
    absl::Status status;
    bool done = false;
    base::CondVar answered;
  };

  void Loop();
  absl::Status Commit(const std::vector<Pending*>& batch);
  absl::Status RunOne(Write write);
  void RollBack();

  CommitGuard& guard_;
  std::unique_ptr<Connection> connection_;  // Touched by the thread only.
  base::Mutex mutex_;
  base::CondVar work_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Pending*> queue_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_WRITE_QUEUE_H_
