#include "service/store/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"

namespace seedance::store::sqlite {
namespace {

// Pauses that a cancellation ends.
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

}  // namespace

absl::StatusOr<FileLock> FileLock::Take(const std::string& path, const LockWait& wait) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open ", path, ": ", std::generic_category().message(errno)));
  }
  FileLock lock(file);
  const absl::Time end = wait.clock->Now() + wait.limit;
  Pauses pauses(wait);
  // Looking again and again, because a blocking flock cannot be ended from another thread.
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot lock ", path, ": ", std::generic_category().message(errno)));
    }
    const absl::Time now = wait.clock->Now();
    if (now >= end) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot lock ", path, ": another gateway uses this database",
                       wait.limit > absl::ZeroDuration() ? ", still after " + absl::FormatDuration(wait.limit) : ""));
    }
    if (wait.on_wait != nullptr) wait.on_wait();
    pauses.Until(std::min(now + kLook, end));
    if (pauses.cancelled()) return absl::CancelledError(absl::StrCat("no longer waiting for ", path));
  }
  return lock;
}

FileLock::~FileLock() {
  if (file_ >= 0) close(file_);
}

FileLock::FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

}  // namespace seedance::store::sqlite
