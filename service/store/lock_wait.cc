#include "service/store/lock_wait.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"

namespace seedance::store {
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

}  // namespace

absl::Status AwaitLock(const std::string& what, const LockWait& wait, absl::FunctionRef<absl::StatusOr<bool>()> take) {
  const absl::Time end = wait.clock->Now() + wait.limit;
  Pauses pauses(wait);
  for (;;) {
    const absl::StatusOr<bool> taken = take();
    if (!taken.ok()) return taken.status();
    if (*taken) return absl::OkStatus();
    const absl::Time now = wait.clock->Now();
    if (now >= end) {
      return absl::FailedPreconditionError(absl::StrCat(
          "cannot lock ", what, ": another gateway uses this database",
          wait.limit > absl::ZeroDuration() ? ", even after waiting " + absl::FormatDuration(wait.limit) : ""));
    }
    if (wait.on_wait != nullptr) wait.on_wait();
    pauses.Until(std::min(now + kLockLook, end));
    if (pauses.cancelled()) return absl::CancelledError(absl::StrCat("cancelled while waiting for ", what));
  }
}

}  // namespace seedance::store
