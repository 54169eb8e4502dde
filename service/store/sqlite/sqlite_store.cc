#include "service/store/sqlite/sqlite_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/store/sql_store.h"
#include "service/store/sqlite/asset_claims.h"
#include "service/store/sqlite/asset_rows.h"
#include "service/store/sqlite/call_rows.h"
#include "service/store/sqlite/database.h"
#include "service/store/sqlite/group_rows.h"
#include "service/store/sqlite/store_meta.h"
#include "service/store/sqlite/task_history.h"
#include "service/store/sqlite/task_rows.h"

namespace seedance::store::sqlite {
namespace {

struct SqliteRows {
  static constexpr auto BeginEntry = &sqlite::BeginEntry;
  static constexpr auto CountLiveAssets = &sqlite::CountLiveAssets;
  static constexpr auto DeleteTask = &sqlite::DeleteTask;
  static constexpr auto DoubtInFlightEntries = &sqlite::DoubtInFlightEntries;
  static constexpr auto ExtendFingerprint = &sqlite::ExtendFingerprint;
  static constexpr auto FindAsset = &sqlite::FindAsset;
  static constexpr auto FindAssetByContent = &sqlite::FindAssetByContent;
  static constexpr auto FindAssetByVendorId = &sqlite::FindAssetByVendorId;
  static constexpr auto FindClaimConflict = &sqlite::FindClaimConflict;
  static constexpr auto FindTaskByUpstreamId = &sqlite::FindTaskByUpstreamId;
  static constexpr auto IsDeletedTaskOf = &sqlite::IsDeletedTaskOf;
  static constexpr auto ListAssets = &sqlite::ListAssets;
  static constexpr auto ListEntriesInDoubt = &sqlite::ListEntriesInDoubt;
  static constexpr auto ListExpiringAssets = &sqlite::ListExpiringAssets;
  static constexpr auto ListGroups = &sqlite::ListGroups;
  static constexpr auto ListLeastRecentlyUsed = &sqlite::ListLeastRecentlyUsed;
  static constexpr auto ListOpenTasks = &sqlite::ListOpenTasks;
  static constexpr auto ListProcessingAssets = &sqlite::ListProcessingAssets;
  static constexpr auto ListTaskChanges = &sqlite::ListTaskChanges;
  static constexpr auto ListTasks = &sqlite::ListTasks;
  static constexpr auto PurgeEntries = &sqlite::PurgeEntries;
  static constexpr auto PurgeTasks = &sqlite::PurgeTasks;
  static constexpr auto ReadLibrary = &sqlite::ReadLibrary;
  static constexpr auto TrimDeletions = &sqlite::TrimDeletions;
};

// The open database, for SqlStore.
class Backend {
 public:
  using Connection = sqlite::Connection;
  using Rows = SqliteRows;

  explicit Backend(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  std::string epoch() { return database_->epoch(); }

  template <typename Function>
  auto Read(Function read) {
    return database_->readers().Run(read);
  }
  absl::Status Write(WriteQueue::Write write) { return database_->writer().Run(write); }
  absl::Status AdmitBilled() { return database_->AdmitBilled(); }

  absl::Status Trusted() { return database_->guard().CheckFiles(); }
  bool owned() const { return true; }
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
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options) {
  absl::Status status;
  try {
    absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
    if (database.ok()) {
      auto store = std::make_unique<SqlStore<Backend>>(std::make_unique<Backend>(*std::move(database)),
                                                       options.task_cache_bytes);
      // Have a result from the start. A failed one, for instance a full disk, is no reason not to serve reads.
      store->Probe(options.clock->Now(), absl::ZeroDuration());
      return store;
    }
    status = database.status();
    if (absl::IsCancelled(status)) return status;
  } catch (const SQLite::Exception& error) {
    status = absl::FailedPreconditionError(error.what());
  }
  return absl::FailedPreconditionError(
      absl::StrCat("store ", options.path, " cannot be used: ", std::string(status.message())));
}

}  // namespace seedance::store::sqlite
