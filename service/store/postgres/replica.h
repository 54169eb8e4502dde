#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_REPLICA_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_REPLICA_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/timer.h"
#include "service/store/ownership.h"
#include "service/store/postgres/change_listener.h"
#include "service/store/postgres/connection.h"
#include "service/store/postgres/connection_pool.h"
#include "service/store/postgres/replica_options.h"
#include "service/store/postgres/shard_plan.h"
#include "service/store/postgres/store_metrics.h"
#include "service/store/postgres/write_queue.h"

namespace seedance::store::postgres {

// The numbers of the replicas that are there, be it that a lease is over and nobody has noticed. Throws PostgresError.
std::set<int64_t> ReadLive(Connection& connection);

// This process among those that share a schema: a row of table replicas with a number that no other ever had, and its
// rows of table shards.
//
// Who changes an owner, or removes a replica whose lease is over, holds the lock of the row of store_meta, as every
// transaction that writes does, and counts its `assignment`. So a transaction that finds the assignment which this
// replica has read last knows who owns what, and IsOwner costs nothing.
//
// What is not a transaction (a request to a vendor) asks Owns, which by the own clock is false well before the lease
// ends by the server's: a replica that slept owns nothing when it wakes.
//
// Tests: tests/unit/store/postgres/replica_test.cc
class Replica final : public Ownership {
 public:
  // The others must outlive it. Throws as Timer::Alarm; Start throws ThreadStartError.
  Replica(Connector& connector, ConnectionPool& readers, WriteQueue& writer, base::Clock& clock, ReplicaOptions options,
          const StoreMetrics& metrics = StoreMetrics(nullptr));
  ~Replica() override { Stop(); }

  bool Owns(size_t shard) override;
  size_t PartOf(size_t places) override;
  int64_t number() override;
  bool shared() override { return true; }
  absl::Status Post(const std::vector<Notice>& notices) override;
  absl::StatusOr<Posted> ReadPosted(int64_t after) override;
  absl::StatusOr<std::vector<ReplicaInfo>> ListReplicas() override;
  absl::Status Start(Listener listener) override;
  void Stop() override;

  // What operators see.
  struct Facts {
    size_t shards = 0;
    size_t replicas = 0;  // As of the last beat.
    absl::Duration lease_left;
  };
  Facts facts();

  // In a write transaction: whether the shard of this task or asset is this replica's. Throws PostgresError.
  bool IsOwner(Connection& connection, const std::string& id);
  // In a write transaction: the number of this replica, if its row is still there. Throws PostgresError.
  std::optional<int64_t> LiveNumber(Connection& connection);
  // Whether this process has, or had, that number.
  bool IsOwnNumber(int64_t number);

 private:
  // What a beat did; true once its transaction is committed.
  struct Beaten {
    int64_t number = 0;
    ShardSet owned;
    size_t live = 0;           // Replicas, with this one.
    bool others_gone = false;  // It removed replicas.
  };

  // Body of the thread that beats.
  void BeatOnAndOn();
  void Beat(bool leave);
  // One transaction: renews the lease, removes replicas whose leases are over, takes and gives shards.
  void BeatIn(Connection& connection, bool leave, Beaten& beaten);
  // Whether this replica has been here for a whole lease: one that comes back, as all do after an outage of the
  // database, must not take the others for dead before they could renew theirs.
  bool MayRemove(bool joins);
  // Takes a number, and the row that goes with it.
  int64_t Join(Connection& connection) const;
  bool Renew(Connection& connection, int64_t number) const;
  // Takes and gives shards. Returns who owns what then.
  ShardOwners Move(Connection& connection, int64_t number, bool leave, Beaten& beaten) const;
  void Apply(const Beaten& beaten, absl::Time until);
  // Tells the listener what has changed.
  void Tell();

  const ReplicaOptions options_;
  Connector& connector_;
  ConnectionPool& readers_;
  WriteQueue& writer_;
  base::Clock& clock_;
  StoreMetrics metrics_;
  Listener listener_;  // Used by Tell.

  base::Mutex mutex_;
  int64_t number_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: it has not joined.
  ShardSet owned_ ABSL_GUARDED_BY(mutex_);
  size_t live_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // Then the lease must be taken for lost.
  ShardSet told_ ABSL_GUARDED_BY(mutex_);  // What the listener knows, or will be told, to be owned.
  // What the listener is to be told, losses first.
  ShardSet lost_ ABSL_GUARDED_BY(mutex_);
  ShardSet losing_ ABSL_GUARDED_BY(mutex_);  // It is being told.
  ShardSet gained_ ABSL_GUARDED_BY(mutex_);
  bool others_gone_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<int64_t> numbers_ ABSL_GUARDED_BY(mutex_);  // All that it has had.
  absl::Time removes_from_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  base::CondVar wake_;

  // What a replica is by an assignment.
  struct Standing {
    int64_t number = 0;
    int64_t assignment = 0;
    bool live = false;
    ShardSet owned;
  };
  Standing Read(Connection& connection);

  Standing standing_;  // As it was read last. Of the transaction that writes, one at a time in a process.

  // Last: they use the others.
  base::Timer::Alarm tell_;
  std::optional<ChangeListener> changes_;
  std::thread beats_;  // Of its own: a lease must not wait for other work.
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_REPLICA_H_
