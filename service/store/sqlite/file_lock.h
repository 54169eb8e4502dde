#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILE_LOCK_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"

namespace seedance::store::sqlite {

// Holds an exclusive advisory lock (flock) on a file as long as it lives. The kernel frees the lock of a dead process.
class FileLock {
 public:
  // Makes the file if need be. FAILED_PRECONDITION, with a text for the operator, when another holder has it or the
  // file cannot be opened.
  static absl::StatusOr<FileLock> Take(const std::string& path);

  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILE_LOCK_H_
