#include "service/store/postgres/postgres_store.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/store/postgres/connection_pool.h"
#include "service/store/postgres/migrations.h"
#include "service/store/postgres/notices.h"
#include "service/store/postgres/owner_session.h"
#include "service/store/postgres/replica.h"
#include "service/store/postgres/store_metrics.h"
#include "service/store/postgres/write_queue.h"
#include "service/store/sql/sql_store.h"

namespace seedance::store::postgres {
namespace {

// A busy machine may keep a transaction waiting for so long.
constexpr absl::Duration kLeastIdle = absl::Seconds(2);

ConnectOptions ConnectingBy(const PostgresOptions& options) {
  ConnectOptions connect;
  connect.connection = options.connection;
  connect.password = options.password;
  connect.schema = options.schema;
  connect.statement_timeout = options.statement_timeout;
  connect.lock_timeout = options.lock_timeout;
  connect.commit_wait = options.commit_wait;
  connect.shared = options.replica.has_value();
  if (connect.shared) connect.idle_limit = std::max(options.replica->lease / 3, kLeastIdle);
  return connect;
}

absl::Status CannotBeUsed(const PostgresOptions& options, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("store schema ", options.schema, " of PostgreSQL cannot be used: ", why));
}

// The open database, for SqlStore.
class Backend {
 public:
  // Errors as OpenPostgresStore. Throws PostgresError.
  static absl::StatusOr<std::unique_ptr<Backend>> Open(const PostgresOptions& options) {
    std::unique_ptr<Backend> backend(new Backend(options));
    absl::StatusOr<std::unique_ptr<OwnerSession>> session =
        OwnerSession::Open(backend->connector_, options.wait, backend->soundness_);
    if (!session.ok()) return session.status();
    backend->epoch_ = (*session)->epoch();
    backend->writer_ = std::make_unique<WriteQueue>(*std::move(session), backend->soundness_, options.metrics);
    if (options.replica.has_value())
      backend->replica_.emplace(backend->connector_, backend->readers_, *backend->writer_, *options.clock,
                                *options.replica, backend->metrics_);
    if (options.metrics != nullptr) backend->TellAtScrape(*options.metrics);
    return backend;
  }

  std::string epoch() { return epoch_; }

  template <typename Function>
  auto Read(Function read) {
    return readers_.Run(read);
  }
  absl::Status Write(WriteQueue::Write write) { return writer_->Run(write); }
  // What was acknowledged stays: a loss is noticed by the count of commits.
  absl::Status AdmitBilled() { return absl::OkStatus(); }

  absl::Status Trusted() { return soundness_.status(); }
  Ownership& ownership() { return replica_.has_value() ? static_cast<Ownership&>(*replica_) : owns_all_; }
  bool IsOwner(sql::Session& session, const std::string& id) {
    return !replica_.has_value() || replica_->IsOwner(static_cast<Connection&>(session), id);
  }
  std::optional<int64_t> Sender(sql::Session& session) {
    return replica_.has_value() ? replica_->LiveNumber(static_cast<Connection&>(session)) : 0;
  }
  bool IsOwnSender(int64_t sender) { return replica_.has_value() ? replica_->IsOwnNumber(sender) : sender == 0; }
  std::set<int64_t> Live(sql::Session& session) {
    return replica_.has_value() ? ReadLive(static_cast<Connection&>(session)) : std::set<int64_t>();
  }
  int64_t OpenTasks(sql::Session& session, const std::string& tenant) {
    return replica_.has_value() ? ReadOpenTasks(static_cast<Connection&>(session), tenant) : 0;
  }
  bool sole() const { return !replica_.has_value() && soundness_.status().ok(); }
  bool write_failed() { return writer_->failed(); }
  absl::Status ProbeWrite() {
    return Write([](Connection& connection) {
      WriteProbe(connection);
      return absl::OkStatus();
    });
  }

 private:
  explicit Backend(const PostgresOptions& options)
      : soundness_(absl::StrCat("schema ", options.schema)),
        metrics_(options.metrics),
        connector_(ConnectingBy(options), *options.clock),
        readers_(connector_, options.read_connections, metrics_.read) {}

  void TellAtScrape(base::Metrics& metrics) {
    metrics.GaugeAtScrape("seedance_store_connections_in_use", {},
                          [this] { return static_cast<double>(readers_.lent()); });
    if (!replica_.has_value()) return;
    metrics.GaugeAtScrape("seedance_store_shards", {},
                          [this] { return static_cast<double>(replica_->facts().shards); });
    metrics.GaugeAtScrape("seedance_store_replicas", {},
                          [this] { return static_cast<double>(replica_->facts().replicas); });
    metrics.GaugeAtScrape("seedance_store_lease_seconds", {},
                          [this] { return absl::ToDoubleSeconds(replica_->facts().lease_left); });
  }

  Soundness soundness_;
  StoreMetrics metrics_;
  Connector connector_;
  ConnectionPool readers_;
  std::string epoch_;
  std::unique_ptr<WriteQueue> writer_;
  OwnsAll owns_all_;
  std::optional<Replica> replica_;  // Set: the schema is shared.
};

absl::StatusOr<std::unique_ptr<Backend>> OpenBackend(const PostgresOptions& options) {
  absl::Status status;
  try {
    absl::StatusOr<std::unique_ptr<Backend>> backend = Backend::Open(options);
    if (backend.ok() || absl::IsCancelled(backend.status())) return backend;
    status = backend.status();
  } catch (const PostgresError& error) {
    status = absl::FailedPreconditionError(absl::StripTrailingAsciiWhitespace(error.what()));
  }
  return CannotBeUsed(options, status.message());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenPostgresStore(const PostgresOptions& options) {
  absl::StatusOr<std::unique_ptr<Backend>> backend = OpenBackend(options);
  if (!backend.ok()) return backend.status();
  auto store = std::make_unique<sql::SqlStore<Backend>>(*std::move(backend), options.task_cache_bytes);
  // Have a result from the start. A failed one, for instance a full disk, is no reason not to serve reads.
  store->Probe(options.clock->Now(), absl::ZeroDuration());
  return store;
}

absl::StatusOr<std::unique_ptr<sql::RawStore>> OpenRawPostgresStore(PostgresOptions options) {
  options.replica.reset();
  absl::StatusOr<std::unique_ptr<Backend>> backend = OpenBackend(options);
  if (!backend.ok()) return backend.status();
  return std::make_unique<sql::RawStoreOf<Backend>>(*std::move(backend));
}

absl::StatusOr<int> MigratePostgresStore(const PostgresOptions& options) {
  try {
    Connection connection(ConnectingBy(options));
    absl::Status good = CheckServer(connection);
    const absl::StatusOr<int> version = good.ok() ? Migrate(connection, options.schema) : good;
    if (version.ok()) return version;
    return CannotBeUsed(options, version.status().message());
  } catch (const PostgresError& error) {
    return CannotBeUsed(options, absl::StripTrailingAsciiWhitespace(error.what()));
  }
}

}  // namespace seedance::store::postgres
