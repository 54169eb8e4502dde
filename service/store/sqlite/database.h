#ifndef SEEDANCE_SERVICE_STORE_SQLITE_DATABASE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_DATABASE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "service/store/soundness.h"
#include "service/store/sqlite/commit_guard.h"
#include "service/store/sqlite/files/file_lock.h"
#include "service/store/sqlite/files/marker_writer.h"
#include "service/store/sqlite/read_pool.h"
#include "service/store/sqlite/sqlite_store.h"
#include "service/store/sqlite/write_queue.h"

namespace seedance::store::sqlite {

// The locks of a database: the lock file of earlier releases, and one on the database itself.
//
// Tests: tests/unit/store/sqlite/sqlite_open_test.cc, tests/unit/store/sqlite/store_loss_test.cc
struct DatabaseLocks {
  FileLock lock_file;
  std::unique_ptr<FileLock> database;  // Null: there is no database.
};

// Waits for both as `wait` says. Errors as FileLock.
absl::StatusOr<DatabaseLocks> LockDatabase(const DatabaseFiles& files, const LockWait& wait);

// An open database: locked, inspected, migrated, with its connections, guard and marker. Members are thread-safe as
// they document.
class Database {
 public:
  // Errors as OpenSqliteStore. Throws SQLite::Exception.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const SqliteOptions& options);
  // Finishes the writes and closes the database. After success the log is empty and the marker is clean.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& epoch() const { return epoch_; }
  WriteQueue& writer() { return writer_; }
  ReadPool& readers() { return *readers_; }
  CommitGuard& guard() { return guard_; }
  MarkerWriter& marker() { return marker_; }
  // For a write after which something is billed: base::StoreUnavailable when a later loss of it would go unnoticed.
  absl::Status AdmitBilled();

 private:
  struct Parts {
    DatabaseLocks locks;
    FileGuard files;
    Marker marker;
    std::unique_ptr<Connection> writer;
  };
  Database(const DatabaseFiles& files, Parts parts, const SqliteOptions& options);

  const DatabaseLocks locks_;  // First member: released last, see FileLock::TakeDatabase.
  const std::string epoch_;
  Soundness soundness_;
  MarkerWriter marker_;
  CommitGuard guard_;
  WriteQueue writer_;
  std::unique_ptr<ReadPool> readers_;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_DATABASE_H_
