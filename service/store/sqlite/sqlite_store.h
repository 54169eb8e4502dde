#ifndef SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_STORE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/store/sqlite/files/file_lock.h"
#include "service/store/store.h"

namespace seedance::store::sqlite {

struct SqliteOptions {
  // The database file. It, `<path>-wal`, `<path>-shm` and `<path>.marker` belong together; a lock on the file itself
  // and `<path>.lock` guard them. Made (mode 0600) if it does not exist; its directory must.
  std::string path;

  // Most reads at once; more wait. >= 1.
  int read_connections = 4;

  // Size limit of the database in pages of 4 KiB; writes beyond it fail with cause `disk_full`. 0: none.
  int64_t max_pages = 0;

  // About how much of the tasks is kept in memory for PeekTask.
  size_t task_cache_bytes = 16 << 20;

  // How long to wait while another process has the file.
  LockWait wait = {};

  // Goes on with a database that holds less than it held (see OpenSqliteStore): what it says is still to be sent is in
  // doubt then, and what cannot be used is renamed to `<path>.aside-<time>`.
  bool accept_data_loss = false;

  // The most time that a start spends on reading the pages of the database. 0: none.
  absl::Duration check_time = absl::Seconds(2);

  base::Clock* clock = &base::RealClock();
};

// Opens the embedded store, for one process at a time, and brings its schema to this release's version.
//
// Writes are done by one thread that commits them in groups; the `change` functions of updates run on it, while their
// callers wait. StoreUnavailable errors carry metadata `cause`: disk_full, read_only, corrupt, input_output,
// cannot_open, busy, no_memory, unreadable_record, no_answer, marker_not_written (calls that would be billed, when the
// marker cannot be written for some seconds) and rarer ones. After file_removed, file_replaced, log_removed,
// log_replaced, unknown_files of a write and corrupt all writes fail until the database is opened again.
//
// FAILED_PRECONDITION, with a text for the operator: another gateway uses the file, under whatever name, after
// `wait.limit` still; a newer release made it; it or its directory cannot be opened or written; it holds less than its
// marker says, or its log or its pages are damaged, and `accept_data_loss` is not set. CANCELLED by `wait.cancel`.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_STORE_H_
