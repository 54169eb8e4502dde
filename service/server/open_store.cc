#include "service/server/open_store.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/config/engine_config.h"
#include "service/store/postgres/postgres_store.h"
#include "service/store/sqlite/sqlite_store.h"

namespace seedance::server {
namespace {

namespace proto = gateway::config::v1;

constexpr int kBeatsPerLease = 6;

std::string HostName() {
  char name[256] = "";
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// All but how to wait.
store::sqlite::SqliteOptions OptionsOf(const proto::Sqlite& config) {
  store::sqlite::SqliteOptions options;
  options.path = config.path();
  options.check_time = config::FromProto(config.check_time());
  return options;
}

absl::StatusOr<std::unique_ptr<store::Store>> OpenSqlite(const proto::Sqlite& config, store::LockWait wait,
                                                         bool accept_data_loss, base::Metrics& metrics) {
  store::sqlite::SqliteOptions options = OptionsOf(config);
  options.accept_data_loss = accept_data_loss;
  options.metrics = &metrics;
  options.clock = wait.clock;
  options.wait = std::move(wait);
  return store::sqlite::OpenSqliteStore(options);
}

// All but how to wait.
absl::StatusOr<store::postgres::PostgresOptions> OptionsOf(const proto::Postgres& config) {
  store::postgres::PostgresOptions options;
  options.connection = config.connection();
  if (config.has_password()) {
    const absl::StatusOr<base::Secret> password = config::ReadSecret(config.password());
    if (!password.ok()) return password.status();
    options.password = [secret = config.password()] {
      const absl::StatusOr<base::Secret> now = config::ReadSecret(secret);
      return now.ok() ? now->Reveal() : "";  // The server says what is missing.
    };
  }
  options.schema = config.schema();
  options.read_connections = config.read_connections();
  options.statement_timeout = config::FromProto(config.statement_timeout());
  options.lock_timeout = config::FromProto(config.lock_timeout());
  if (config.has_replicas()) {
    const absl::Duration lease = config::FromProto(config.replicas().lease());
    const std::string& name = config.replicas().name();
    options.replica = {name.empty() ? HostName() : name, lease, lease / kBeatsPerLease};
  }
  return options;
}

absl::StatusOr<std::unique_ptr<store::Store>> OpenPostgres(const proto::Postgres& config, store::LockWait wait,
                                                           base::Metrics& metrics) {
  absl::StatusOr<store::postgres::PostgresOptions> options = OptionsOf(config);
  if (!options.ok()) return options.status();
  options->clock = wait.clock;
  options->metrics = &metrics;
  options->wait = std::move(wait);
  return store::postgres::OpenPostgresStore(*options);
}

}  // namespace

std::string StoreName(const proto::Store& config) {
  return config.has_postgres() ? absl::StrCat("schema ", config.postgres().schema()) : config.sqlite().path();
}

absl::Duration StoreWait(const proto::Store& config) {
  return config::FromProto(config.has_postgres() ? config.postgres().wait_for_lock() : config.sqlite().wait_for_lock());
}

absl::StatusOr<std::unique_ptr<store::Store>> OpenConfiguredStore(const proto::Store& config, store::LockWait wait,
                                                                  bool accept_data_loss, base::Metrics& metrics) {
  wait.limit = StoreWait(config);
  if (!config.has_postgres()) return OpenSqlite(config.sqlite(), std::move(wait), accept_data_loss, metrics);
  if (accept_data_loss) {
    if (absl::Status right = RequireSqlite(config, "--accept-data-loss"); !right.ok()) return right;
  }
  return OpenPostgres(config.postgres(), std::move(wait), metrics);
}

absl::StatusOr<int> MigrateConfiguredStore(const proto::Store& config) {
  if (!config.has_postgres()) {
    return absl::FailedPreconditionError(
        "--migrate is for a store in PostgreSQL; one in SQLite is migrated by the start");
  }
  const absl::StatusOr<store::postgres::PostgresOptions> options = OptionsOf(config.postgres());
  if (!options.ok()) return options.status();
  return store::postgres::MigratePostgresStore(*options);
}

absl::StatusOr<std::unique_ptr<store::sql::RawStore>> OpenConfiguredRawStore(const proto::Store& config) {
  if (!config.has_postgres()) return store::sqlite::OpenRawSqliteStore(OptionsOf(config.sqlite()));
  const absl::StatusOr<store::postgres::PostgresOptions> options = OptionsOf(config.postgres());
  if (!options.ok()) return options.status();
  return store::postgres::OpenRawPostgresStore(*options);
}

absl::Status RequireSqlite(const proto::Store& config, const std::string& flag) {
  if (!config.has_postgres()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(flag, " is for a store in SQLite; this one is in PostgreSQL: see deploy/backup.md"));
}

}  // namespace seedance::server
