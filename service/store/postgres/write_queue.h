#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_WRITE_QUEUE_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_WRITE_QUEUE_H_

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/metrics.h"
#include "service/store/group_commit.h"
#include "service/store/postgres/owner_session.h"
#include "service/store/soundness.h"

namespace seedance::store::postgres {

// Serializes writes, with group commit (group_commit.h): the writes of a batch are savepoints of one transaction, which
// holds the lock of the row of store_meta from its beginning to its commit. Thread-safe.
//
// Tests: tests/unit/store/postgres/lost_commit_test.cc, tests/unit/store/postgres/outage_test.cc
class WriteQueue {
 public:
  // Changes the database inside a transaction. An error, returned or thrown as PostgresError, undoes this write and no
  // other. Runs on the caller's thread or on the queue's, at most once.
  using Write = GroupCommit<Connection>::Write;

  // `soundness` must outlive the queue. Throws ThreadStartError.
  WriteQueue(std::unique_ptr<OwnerSession> session, Soundness& soundness, base::Metrics* metrics = nullptr);

  // Blocks until the commit that contains `write` is on disk, or `write` has failed and is undone. When the commit
  // fails, every write in it gets that error: nothing is written then, unless the cause is `commit_unknown`.
  absl::Status Run(Write write) { return queue_.Run(write); }

  // The server's process that writes.
  int64_t process_id() const { return session_->process_id(); }

  // From now on it writes as the replica with this number.
  void SetReplica(int64_t number) { session_->SetReplica(number); }

  // Whether the last transaction failed.
  bool failed() const { return failed_; }

 private:
  using Pending = GroupCommit<Connection>::Pending;
  using Batch = GroupCommit<Connection>::Batch;

  // An exception other than PostgresError ends the process: half of a write must not be committed.
  absl::Status Commit(Batch batch) noexcept;
  // A transaction that has begun.
  absl::StatusOr<Meta> Begin();
  absl::Status RunAll(Connection& connection, Batch batch);
  absl::Status Try(Connection& connection, Write write);
  absl::Status End(Connection& connection, const Meta& meta);
  absl::Status Failed(absl::Status status);
  static void RollBack(Connection& connection);

  Soundness& soundness_;
  const std::unique_ptr<OwnerSession> session_;  // Used by whoever commits.
  std::atomic<bool> failed_ = false;
  GroupCommit<Connection> queue_;  // Last member: its thread uses the others.
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_WRITE_QUEUE_H_
