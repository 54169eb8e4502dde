#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILES_FILE_LOCK_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILES_FILE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/store/lock_wait.h"

namespace seedance::store::sqlite {

// Holds an exclusive advisory lock on a file while it lives. The kernel releases the locks of a dead process. Movable;
// not thread-safe.
class FileLock {
 public:
  // Creates the file if absent. FAILED_PRECONDITION, with a text for the operator, when another process holds it after
  // `wait.limit` or the file cannot be opened; CANCELLED when the wait was cancelled.
  static absl::StatusOr<FileLock> Take(const std::string& path, const LockWait& wait = {});

  // The same on an existing database file. The lock belongs to the file itself, whatever path leads to it, so a link, a
  // bind mount or a removed lock file lets no second process in. It covers one byte far outside of those that SQLite
  // locks. Take it before SQLite opens the file, and destroy it after SQLite has closed it: closing any descriptor of
  // the file drops SQLite's own locks in this process.
  static absl::StatusOr<FileLock> TakeDatabase(const std::string& path, const LockWait& wait = {});

  // The open file, for reading and writing. Valid while the lock lives.
  int descriptor() const { return file_; }

  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_FILE_LOCK_H_
