#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_OWNER_SESSION_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_OWNER_SESSION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/store/lock_wait.h"
#include "service/store/postgres/connector.h"
#include "service/store/postgres/store_meta.h"
#include "service/store/soundness.h"

namespace seedance::store::postgres {

// OK, or FAILED_PRECONDITION with a text for the operator: the server is older than 13, stores texts in another
// encoding than UTF-8, or would lose commits (`fsync`, `synchronous_commit`). Throws PostgresError.
//
// Tests: tests/unit/store/postgres/postgres_open_test.cc
absl::Status CheckServer(Connection& connection);

// The session that writes. Of a schema for one gateway it holds the advisory lock, for which other gateways wait, and
// the number of the owner, which decides: BeginWrite tells under the lock of the row whether another one has taken the
// schema over, however long this process slept and whatever became of its session. Gateways that share a schema share
// the lock; what each may write is Replica's to say. For one thread at a time.
//
// Tests: tests/unit/store/postgres/takeover_test.cc, tests/unit/store/postgres/lost_commit_test.cc
class OwnerSession {
 public:
  // Connects, checks the server, waits for the lock as `wait` says, migrates the schema, and takes what it needs.
  // `connector` and `soundness` must outlive the session. FAILED_PRECONDITION with a text for the operator, CANCELLED.
  // Throws PostgresError.
  static absl::StatusOr<std::unique_ptr<OwnerSession>> Open(Connector& connector, const LockWait& wait,
                                                            Soundness& soundness);
  // Releases the lock.
  ~OwnerSession();
  OwnerSession(const OwnerSession&) = delete;
  OwnerSession& operator=(const OwnerSession&) = delete;

  const std::string& epoch() const { return meta_.epoch; }
  // The server's process.
  int64_t process_id() const { return process_id_; }
  // The number of the replica that writes, of a shared schema; 0: it has none yet. SetReplica may be called by any
  // thread, and counts from the next Begin on.
  void SetReplica(int64_t number) { next_replica_ = number; }
  int64_t replica() const { return replica_; }
  // What tells other replicas of a commit; empty: there are none.
  const std::string& notification() const { return notification_; }

  // The connection; a lost one is replaced, and takes the lock again. base::StoreUnavailable when that fails; after
  // another gateway has taken ownership `soundness` is lost.
  absl::StatusOr<Connection*> Ready();

  // Begins a transaction. base::StoreUnavailable, and `soundness` is lost: another gateway has taken the schema over,
  // or the database has fewer commits than were acknowledged, or is another one. Throws PostgresError.
  absl::StatusOr<Meta> Begin();

  // After a lost connection: what became of the transaction whose COMMIT was sent. Waits for an answer, at most for
  // ConnectOptions::commit_wait. Never kInProgress.
  Outcome ResolveCommit(const Meta& meta);

  // A commit was acknowledged.
  void Committed(const Meta& meta);

 private:
  OwnerSession(Connector& connector, Soundness& soundness, std::unique_ptr<Connection> connection, Meta meta);

  absl::Status Reconnect();
  absl::StatusOr<bool> LockAgain(Connection& connection);
  // Ends our former session, which the server may not know to be gone and which then still holds lock and transaction.
  void EndFormer(Connection& connection);
  absl::Status Lose(std::string_view cause);
  absl::StatusOr<Outcome> Ask(const Meta& meta, bool ended);

  Connector& connector_;
  Soundness& soundness_;
  std::unique_ptr<Connection> connection_;
  std::string notification_;
  std::atomic<int64_t> process_id_ = 0;  // Of the last session that had the lock, if there is one.
  int64_t process_start_micros_ = 0;
  Meta meta_;  // Owner and epoch of this store; commits that were acknowledged, also those of the replica.
  std::atomic<int64_t> next_replica_ = 0;
  int64_t replica_ = 0;
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_OWNER_SESSION_H_
