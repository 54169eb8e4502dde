#ifndef SEEDANCE_SERVICE_BASE_CANCEL_H_
#define SEEDANCE_SERVICE_BASE_CANCEL_H_

#include <cstdint>
#include <map>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "service/base/mutex.h"

namespace seedance::base {

// A wish to stop, passed from the one who waits to the one who works. Thread-safe; shared by std::shared_ptr.
class CancelToken {
 public:
  // Sets the wish, once, and runs the callbacks on this thread.
  void Cancel();

  bool cancelled();

  // Runs `callback` when cancelled; at once, on this thread, if that already happened. The callback must not call
  // back into this token. Returns an id for Remove.
  uint64_t OnCancel(absl::AnyInvocable<void()> callback);

  // After it returns the callback neither runs nor will run.
  void Remove(uint64_t id);

 private:
  Mutex mutex_;
  CondVar idle_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t running_ ABSL_GUARDED_BY(mutex_) = 0;  // Id of the callback that runs now; 0: none.
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, absl::AnyInvocable<void()>> callbacks_ ABSL_GUARDED_BY(mutex_);
};

// A token of its own that is also cancelled with `parent` (may be null), as long as this object lives.
class CancelLink {
 public:
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
