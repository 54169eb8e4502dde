#include "service/store/sqlite/files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"
#include "service/store/sqlite/files/database_files.h"

namespace seedance::store::sqlite {
namespace {

// Cancellable pauses.
class Pauses {
 public:
  explicit Pauses(const LockWait& wait) : wait_(wait) {
    if (wait_.cancel == nullptr) return;
    registered_ = wait_.cancel->OnCancel([this] {
      base::MutexLock lock(mutex_);
      cancelled_ = true;
      changed_.NotifyAll();
    });
  }
  ~Pauses() {
    if (wait_.cancel != nullptr) wait_.cancel->Remove(registered_);
  }
  Pauses(const Pauses&) = delete;
  Pauses& operator=(const Pauses&) = delete;

  bool cancelled() {
    base::MutexLock lock(mutex_);
    return cancelled_;
  }

  void Until(absl::Time time) {
    base::MutexLock lock(mutex_);
    while (!cancelled_ && wait_.clock->Now() < time) wait_.clock->WaitUntil(changed_, mutex_, time);
  }

 private:
  const LockWait& wait_;
  uint64_t registered_ = 0;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

// Beyond any database; SQLite locks bytes at the gigabyte boundary (PENDING_BYTE).
constexpr off_t kLockedByte = off_t{1} << 62;

// Calls `take` (0, or -1 and errno; EWOULDBLOCK: another holder) until it succeeds. Polls, because a blocking lock
// cannot be cancelled from another thread.
absl::Status Await(const std::string& path, const LockWait& wait, absl::FunctionRef<int()> take) {
  const absl::Time end = wait.clock->Now() + wait.limit;
  Pauses pauses(wait);
  while (take() != 0) {
    if (errno == EINTR) continue;
    // POSIX allows either for fcntl.
    if (errno != EWOULDBLOCK && errno != EACCES) return FileError("lock", path);
    const absl::Time now = wait.clock->Now();
    if (now >= end) {
      return absl::FailedPreconditionError(absl::StrCat(
          "cannot lock ", path, ": another gateway uses this database",
          wait.limit > absl::ZeroDuration() ? ", even after waiting " + absl::FormatDuration(wait.limit) : ""));
    }
    if (wait.on_wait != nullptr) wait.on_wait();
    pauses.Until(std::min(now + FileLock::kLook, end));
    if (pauses.cancelled()) return absl::CancelledError(absl::StrCat("cancelled while waiting for ", path));
  }
  return absl::OkStatus();
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
