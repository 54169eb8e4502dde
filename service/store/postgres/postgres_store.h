#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_POSTGRES_STORE_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_POSTGRES_STORE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/metrics.h"
#include "service/store/lock_wait.h"
#include "service/store/postgres/replica_options.h"
#include "service/store/sql/raw_store.h"
#include "service/store/store.h"

namespace seedance::store::postgres {

struct PostgresOptions {
  // libpq's keywords and values (`host=... dbname=... user=...`), without a password.
  std::string connection;
  // Asked for each connection, so that a new one is used once the server has it. Null, or an empty text: none, or that
  // of a file which `connection` names.
  std::function<std::string()> password;
  // Of the tables; created if absent. Several gateways may use one database, each with a schema of its own.
  std::string schema = "seedance";

  // Maximum concurrent reads; further ones wait. >= 1. One more connection writes.
  int read_connections = 4;

  // How long the server works on a statement, and waits for a lock, before it refuses.
  absl::Duration statement_timeout = absl::Seconds(10);
  absl::Duration lock_timeout = absl::Seconds(5);
  // How long a write waits to learn what became of its COMMIT, when the connection was lost before the answer.
  absl::Duration commit_wait = absl::Seconds(8);

  // Approximate bytes of tasks cached for PeekTask.
  size_t task_cache_bytes = 16 << 20;

  // Set: several gateways use the schema at the same time, and this is one of them.
  std::optional<ReplicaOptions> replica = std::nullopt;

  // How to wait while another gateway holds the schema.
  LockWait wait = {};

  // Not owned. Null: nothing is measured.
  base::Metrics* metrics = nullptr;
  base::Clock* clock = &base::RealClock();
};

// Opens the store in a schema of a PostgreSQL database (13 or later), for one gateway at a time or, with `replica`, for
// several, and migrates the schema to this release. Needs sessions of its own: no pooler that shares them between
// transactions.
//
// One transaction at a time commits writes in groups; the `change` functions of updates run in it while their callers
// wait. A connection that is lost is made again by the next call. StoreUnavailable errors carry metadata `cause`:
// disk_full, read_only, out_of_connections, lock_timeout, statement_timeout, connection_lost, no_answer, locked
// (another gateway is about to take the schema over), unsafe_server (it does not make commits durable),
// not_owner and no_lease (of several gateways another one has the task's shard, or this one was taken for dead),
// unreadable_record and rarer ones. After commit_unknown nobody knows whether the write was committed: the rows decide.
// After taken_over (another gateway has the schema), replaced and commits_lost (the database has another or an older
// state) all writes fail until the store is reopened.
//
// FAILED_PRECONDITION, with a text for the operator: the server cannot be reached or used, is older than 13, has
// another encoding than UTF8, or does not make commits durable; another gateway holds the schema after `wait.limit`; a
// newer release made it. CANCELLED by `wait.cancel`.
//
// Tests: tests/contract/postgres_store_contract_test.cc, tests/unit/store/postgres/postgres_open_test.cc
absl::StatusOr<std::unique_ptr<Store>> OpenPostgresStore(const PostgresOptions& options);

// The same for one who copies it: no gateway may use the schema, not even one of several (`replica` is ignored).
absl::StatusOr<std::unique_ptr<sql::RawStore>> OpenRawPostgresStore(PostgresOptions options);

// Migrates the schema to this release without opening the store; gateways may be using it. Returns its version.
// FAILED_PRECONDITION as above.
//
// Tests: tests/unit/store/postgres/postgres_open_test.cc
absl::StatusOr<int> MigratePostgresStore(const PostgresOptions& options);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_POSTGRES_STORE_H_
