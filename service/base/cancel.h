#ifndef SEEDANCE_SERVICE_BASE_CANCEL_H_
#define SEEDANCE_SERVICE_BASE_CANCEL_H_

#include <cstdint>
#include <map>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "service/base/mutex.h"

namespace seedance::base {

// Cooperative cancellation token: the owner of the work cancels, the work polls or registers a callback. Thread-safe;
// shared by std::shared_ptr.
class CancelToken {
 public:
  // Cancels, once, and runs the registered callbacks on the calling thread before it returns. Later calls do nothing.
  void Cancel();

  // Whether Cancel was called.
  bool cancelled();

  // Registers `callback` for Cancel; runs it at once, on this thread, when the token is cancelled already. The callback
  // must not call back into this token. Returns an id for Remove.
  uint64_t OnCancel(absl::AnyInvocable<void()> callback);

  // Unregisters a callback, and waits while it runs on another thread. After Remove returns the callback neither runs
  // nor will run.
  void Remove(uint64_t id);

 private:
  // Not held while callbacks run.
  Mutex mutex_;
  CondVar idle_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t running_ ABSL_GUARDED_BY(mutex_) = 0;  // Id of the callback that runs now; 0: none.
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, absl::AnyInvocable<void()>> callbacks_ ABSL_GUARDED_BY(mutex_);
};

// Child token: cancelled with `parent` (may be null) while this object lives, and cancellable on its own without effect
// on `parent`. The destructor unregisters from `parent`; the child token may outlive the link.
class CancelLink {
 public:
  // `parent` may be null, or cancelled already; then the child is cancelled too.
  explicit CancelLink(std::shared_ptr<CancelToken> parent);
  ~CancelLink();
  CancelLink(const CancelLink&) = delete;
  CancelLink& operator=(const CancelLink&) = delete;

  const std::shared_ptr<CancelToken>& token() const { return token_; }

 private:
  const std::shared_ptr<CancelToken> parent_;
  const std::shared_ptr<CancelToken> token_ = std::make_shared<CancelToken>();
  uint64_t id_ = 0;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_CANCEL_H_
