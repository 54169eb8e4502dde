#ifndef SEEDANCE_SERVICE_SERVER_OPEN_STORE_H_
#define SEEDANCE_SERVICE_SERVER_OPEN_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/metrics.h"
#include "service/config/config.h"
#include "service/store/lock_wait.h"
#include "service/store/sql/raw_store.h"
#include "service/store/store.h"

// The only place that knows which backends there are. All functions expect a checked configuration.
//
// Tests: tests/e2e/postgres_test.cc, tests/e2e/takeover_test.cc
namespace seedance::server {

// Which store it is, for logs: the path of the database, or the schema.
std::string StoreName(const gateway::config::v1::Store& config);
// How long a start waits for another gateway that holds the store.
absl::Duration StoreWait(const gateway::config::v1::Store& config);

// Opens the configured store; `wait.limit` is StoreWait. FAILED_PRECONDITION with a text for the operator (see
// store::sqlite::OpenSqliteStore, store::postgres::OpenPostgresStore), a secret that cannot be read, or
// `accept_data_loss` with a backend that has no such start; CANCELLED. `metrics` outlives the store.
absl::StatusOr<std::unique_ptr<store::Store>> OpenConfiguredStore(const gateway::config::v1::Store& config,
                                                                  store::LockWait wait, bool accept_data_loss,
                                                                  base::Metrics& metrics);

// Migrates the schema of a configured store in PostgreSQL. Returns its version. FAILED_PRECONDITION as above, and for a
// store in SQLite.
absl::StatusOr<int> MigrateConfiguredStore(const gateway::config::v1::Store& config);

// Opens the configured store to copy it; no gateway may use it. Errors as OpenConfiguredStore.
absl::StatusOr<std::unique_ptr<store::sql::RawStore>> OpenConfiguredRawStore(const gateway::config::v1::Store& config);

// OK, or FAILED_PRECONDITION: `flag` of the command line is for SQLite only.
absl::Status RequireSqlite(const gateway::config::v1::Store& config, const std::string& flag);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_OPEN_STORE_H_
