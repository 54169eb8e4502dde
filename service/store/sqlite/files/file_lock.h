#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILES_FILE_LOCK_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILES_FILE_LOCK_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"

namespace seedance::store::sqlite {

// How patiently a lock is waited for while somebody else holds it.
struct LockWait {
  absl::Duration limit = absl::ZeroDuration();  // Zero: it fails at once.
  base::Clock* clock = &base::RealClock();
  std::shared_ptr<base::CancelToken> cancel = nullptr;  // Ends the wait. May be null.
  // Called before each pause between two looks, on the waiting thread. May be null.
  std::function<void()> on_wait = nullptr;
};

// Holds an exclusive advisory lock on a file as long as it lives. The kernel frees the lock of a dead process.
class FileLock {
 public:
  // Time between two looks at a lock that somebody else holds.
  static constexpr absl::Duration kLook = absl::Milliseconds(50);

  // Makes the file if need be. FAILED_PRECONDITION, with a text for the operator, when another holder still has it
  // after `wait.limit` or the file cannot be opened; CANCELLED when the wait was cancelled.
  static absl::StatusOr<FileLock> Take(const std::string& path, const LockWait& wait = {});

  // The same on a database file, which must exist. The lock belongs to the file itself, whatever path leads to it, so a
  // link, a bind mount or a lock file that was removed lets nobody in. It is on one byte far outside of those that
  // SQLite locks, and does not disturb SQLite. Take it before SQLite opens the file and destroy it after SQLite has
  // closed it: closing any descriptor of the file drops SQLite's own locks in this process.
  static absl::StatusOr<FileLock> TakeDatabase(const std::string& path, const LockWait& wait = {});

  // The open file, for reading and writing. Valid as long as the lock lives.
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
