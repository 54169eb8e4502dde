#ifndef SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_STORE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/metrics.h"
#include "service/store/sql/raw_store.h"
#include "service/store/sqlite/files/file_lock.h"
#include "service/store/store.h"

namespace seedance::store::sqlite {

struct SqliteOptions {
  // The database file, created (mode 0600) if absent; its directory must exist. `<path>-wal`, `<path>-shm` and
  // `<path>.marker` belong to it; a lock on the file itself and one on `<path>.lock` guard them.
  std::string path;

  // Maximum concurrent reads; further ones wait. >= 1.
  int read_connections = 4;

  // Size limit of the database in pages of 4 KiB; writes beyond it fail with cause `disk_full`. 0: none.
  int64_t max_pages = 0;

  // Approximate bytes of tasks cached for PeekTask.
  size_t task_cache_bytes = 16 << 20;

  // How to wait while another process holds the database.
  LockWait wait = {};

  // Continue with a database that lost data (see OpenSqliteStore): what it describes as not sent yet is then in doubt,
  // and unusable files are renamed to `<path>.aside-<time>`.
  bool accept_data_loss = false;

  // Maximum time that a start spends on verifying pages of the database. 0: none.
  absl::Duration check_time = absl::Seconds(2);

  // Outlives the store. Null: nothing is measured.
  base::Metrics* metrics = nullptr;

  // Not owned.
  base::Clock* clock = &base::RealClock();
};

// Opens the embedded store, for one process at a time, and migrates its schema to this release.
//
// One thread commits writes in groups; the `change` functions of updates run on it while their callers wait.
// StoreUnavailable errors carry metadata `cause`: disk_full, read_only, corrupt, input_output, cannot_open, busy,
// no_memory, unreadable_record, no_answer, marker_not_written (for billed requests, when the marker cannot be written
// for some seconds) and rarer ones. After file_removed, file_replaced, log_removed, log_replaced, unknown_files of a
// write and corrupt, all writes fail until the database is reopened.
//
// FAILED_PRECONDITION, with a text for the operator: another gateway holds the file, under whatever name, after
// `wait.limit`; a newer release made it; it or its directory cannot be opened or written; it holds less than its marker
// says, or its log or pages are damaged, and `accept_data_loss` is not set. CANCELLED by `wait.cancel`.
//
// Tests: tests/contract/sqlite_store_contract_test.cc, tests/unit/store/sqlite/sqlite_open_test.cc
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options);

// The same for one who copies it.
absl::StatusOr<std::unique_ptr<sql::RawStore>> OpenRawSqliteStore(const SqliteOptions& options);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_STORE_H_
