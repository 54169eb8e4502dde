#include "service/store/postgres/postgres_store.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/store/postgres/connection_pool.h"
#include "service/store/postgres/owner_session.h"
#include "service/store/postgres/write_queue.h"
#include "service/store/sql/sql_store.h"

namespace seedance::store::postgres {
namespace {

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
    backend->writer_ = std::make_unique<WriteQueue>(*std::move(session), backend->soundness_);
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
  bool owned() const { return soundness_.status().ok(); }
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
        connector_({options.connection, options.password, options.schema, ConnectOptions().connect_timeout,
                    options.statement_timeout, options.lock_timeout, options.commit_wait},
                   *options.clock),
        readers_(connector_, options.read_connections) {}

  Soundness soundness_;
  Connector connector_;
  ConnectionPool readers_;
  std::string epoch_;
  std::unique_ptr<WriteQueue> writer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenPostgresStore(const PostgresOptions& options) {
  absl::Status status;
  try {
    absl::StatusOr<std::unique_ptr<Backend>> backend = Backend::Open(options);
    if (backend.ok()) {
      auto store = std::make_unique<sql::SqlStore<Backend>>(*std::move(backend), options.task_cache_bytes);
      // Have a result from the start. A failed one, for instance a full disk, is no reason not to serve reads.
      store->Probe(options.clock->Now(), absl::ZeroDuration());
      return store;
    }
    status = backend.status();
    if (absl::IsCancelled(status)) return status;
  } catch (const PostgresError& error) {
    status = absl::FailedPreconditionError(absl::StripTrailingAsciiWhitespace(error.what()));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("store schema ", options.schema, " of PostgreSQL cannot be used: ", std::string(status.message())));
}

}  // namespace seedance::store::postgres
