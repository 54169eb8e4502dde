#include "service/store/sqlite/files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/functional/function_ref.h"
#include "service/store/sqlite/files/database_files.h"

namespace seedance::store::sqlite {
namespace {

// Beyond any database; SQLite locks bytes at the gigabyte boundary (PENDING_BYTE).
constexpr off_t kLockedByte = off_t{1} << 62;

// Calls `take` (0, or -1 and errno; EWOULDBLOCK: another holder) until it succeeds.
absl::Status Await(const std::string& path, const LockWait& wait, absl::FunctionRef<int()> take) {
  return AwaitLock(path, wait, [&]() -> absl::StatusOr<bool> {
    for (;;) {
      if (take() == 0) return true;
      if (errno == EINTR) continue;
      // POSIX allows either for fcntl.
      if (errno == EWOULDBLOCK || errno == EACCES) return false;
      return FileError("lock", path);
    }
  });
}

// An open file description lock, not a POSIX process lock: SQLite, which opens and closes the same file, cannot drop
// it, and a second holder in this process is refused too.
int TakeByte(int file) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kLockedByte;
  lock.l_len = 1;
  return fcntl(file, F_OFD_SETLK, &lock);
}

bool Names(const std::string& path, int file) {
  const absl::StatusOr<std::optional<FileIdentity>> named = Identify(path);
  struct stat opened {};
  return named.ok() && named->has_value() && fstat(file, &opened) == 0 &&
         (*named)->IsSameFile({opened.st_dev, opened.st_ino});
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Take(const std::string& path, const LockWait& wait) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return FileError("open", path);
  FileLock lock(file);
  if (absl::Status taken = Await(path, wait, [&] { return flock(file, LOCK_EX | LOCK_NB); }); !taken.ok()) return taken;
  return lock;
}

absl::StatusOr<FileLock> FileLock::TakeDatabase(const std::string& path, const LockWait& wait) {
  for (;;) {
    const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return FileError("open", path);
    FileLock lock(file);
    if (absl::Status taken = Await(path, wait, [&] { return TakeByte(file); }); !taken.ok()) return taken;
    // A restore may have replaced the file meanwhile.
    if (Names(path, file)) return lock;
  }
}

FileLock::~FileLock() {
  if (file_ >= 0) close(file_);
}

FileLock::FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

}  // namespace seedance::store::sqlite
