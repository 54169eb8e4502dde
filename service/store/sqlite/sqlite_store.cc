#include "service/store/sqlite/sqlite_store.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/store/sql/sql_store.h"
#include "service/store/sqlite/database.h"
#include "service/store/sqlite/store_meta.h"

namespace seedance::store::sqlite {
namespace {

// The open database, for SqlStore.
class Backend {
 public:
  explicit Backend(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  std::string epoch() { return database_->epoch(); }

  template <typename Function>
  auto Read(Function read) {
    return database_->readers().Run(read);
  }
  absl::Status Write(WriteQueue::Write write) { return database_->writer().Run(write); }
  absl::Status AdmitBilled() { return database_->AdmitBilled(); }

  absl::Status Trusted() { return database_->guard().CheckFiles(); }
  Ownership& ownership() { return ownership_; }
  bool IsOwner(sql::Session&, const std::string&) { return true; }
  std::optional<int64_t> Sender(sql::Session&) { return 0; }
  bool IsOwnSender(int64_t sender) { return sender == 0; }
  std::set<int64_t> Live(sql::Session&) { return {}; }  // Those before this one are gone.
  int64_t OpenTasks(sql::Session&, const std::string&) { return 0; }
  bool sole() const { return true; }
  bool write_failed() { return database_->guard().failed(); }
  absl::Status ProbeWrite() {
    const absl::Status written = Write([](Connection& connection) {
      WriteProbe(connection);
      return absl::OkStatus();
    });
    return written.ok() && database_->marker().failing() ? base::StoreUnavailable("marker_not_written") : written;
  }

 private:
  const std::unique_ptr<Database> database_;
  OwnsAll ownership_;
};

}  // namespace

namespace {

// Size of the database with its log, and the space that it has left. What cannot be read keeps its value.
void TellDiskAtScrape(base::Metrics& metrics, const std::string& path) {
  base::Gauge size = metrics.Gauge("seedance_store_size_bytes");
  base::Gauge free = metrics.Gauge("seedance_store_disk_free_bytes");
  metrics.AtScrape([path, size, free]() mutable {
    struct stat database = {};
    struct stat log = {};
    if (stat(path.c_str(), &database) == 0) {
      const bool has_log = stat((path + "-wal").c_str(), &log) == 0;
      size.Set(static_cast<double>(database.st_size) + (has_log ? static_cast<double>(log.st_size) : 0));
    }
    struct statvfs disk = {};
    if (statvfs(path.c_str(), &disk) == 0) {
      free.Set(static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize));
    }
  });
}

absl::StatusOr<std::unique_ptr<Backend>> OpenBackend(const SqliteOptions& options) {
  absl::Status status;
  try {
    absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
    if (database.ok()) return std::make_unique<Backend>(*std::move(database));
    status = database.status();
    if (absl::IsCancelled(status)) return status;
  } catch (const SQLite::Exception& error) {
    status = absl::FailedPreconditionError(error.what());
  }
  return absl::FailedPreconditionError(
      absl::StrCat("store ", options.path, " cannot be used: ", std::string(status.message())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options) {
  absl::StatusOr<std::unique_ptr<Backend>> backend = OpenBackend(options);
  if (!backend.ok()) return backend.status();
  if (options.metrics != nullptr) TellDiskAtScrape(*options.metrics, options.path);
  auto store = std::make_unique<sql::SqlStore<Backend>>(*std::move(backend), options.task_cache_bytes);
  // Have a result from the start. A failed one, for instance a full disk, is no reason not to serve reads.
  store->Probe(options.clock->Now(), absl::ZeroDuration());
  return store;
}

absl::StatusOr<std::unique_ptr<sql::RawStore>> OpenRawSqliteStore(const SqliteOptions& options) {
  absl::StatusOr<std::unique_ptr<Backend>> backend = OpenBackend(options);
  if (!backend.ok()) return backend.status();
  return std::make_unique<sql::RawStoreOf<Backend>>(*std::move(backend));
}

}  // namespace seedance::store::sqlite
