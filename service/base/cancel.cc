#include "service/base/cancel.h"

#include <utility>

namespace seedance::base {

void CancelToken::Cancel() {
  {
    MutexLock lock(mutex_);
    if (cancelled_) return;
    cancelled_ = true;
  }
  for (;;) {
    absl::AnyInvocable<void()> callback;
    {
      MutexLock lock(mutex_);
      running_ = 0;
      idle_.NotifyAll();
      if (callbacks_.empty()) return;
      auto first = callbacks_.begin();
      running_ = first->first;
      callback = std::move(first->second);
      callbacks_.erase(first);
    }
    callback();
  }
}

bool CancelToken::cancelled() {
  MutexLock lock(mutex_);
  return cancelled_;
}

uint64_t CancelToken::OnCancel(absl::AnyInvocable<void()> callback) {
  {
    MutexLock lock(mutex_);
    if (!cancelled_) {
      const uint64_t id = next_id_++;
      callbacks_.emplace(id, std::move(callback));
      return id;
    }
  }
  callback();
  return 0;
}

void CancelToken::Remove(uint64_t id) {
  MutexLock lock(mutex_);
  callbacks_.erase(id);
  while (id != 0 && running_ == id) idle_.Wait(mutex_);
}

CancelLink::CancelLink(std::shared_ptr<CancelToken> parent) : parent_(std::move(parent)) {
  if (parent_ != nullptr) id_ = parent_->OnCancel([token = token_] { token->Cancel(); });
}

CancelLink::~CancelLink() {
  if (parent_ != nullptr) parent_->Remove(id_);
}

}  // namespace seedance::base
