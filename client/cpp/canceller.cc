#include "client/cpp/canceller.h"

namespace seedance::client {

void Canceller::Cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  // Under the lock, so that no context dies between look-up and call. TryCancel does not call back.
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
  changed_.notify_all();
}

bool Canceller::cancelled() const {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

bool Canceller::Wait(absl::Duration delay) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, absl::ToChronoMilliseconds(delay), [this] { return cancelled_; });
}

Canceller::Attachment::Attachment(Canceller* canceller, grpc::ClientContext* context)
    : canceller_(canceller), context_(context) {
  if (canceller_ == nullptr) return;
  std::lock_guard lock(canceller_->mutex_);
  canceller_->contexts_.insert(context_);
  if (canceller_->cancelled_) context_->TryCancel();
}

Canceller::Attachment::~Attachment() {
  if (canceller_ == nullptr) return;
  std::lock_guard lock(canceller_->mutex_);
  canceller_->contexts_.erase(context_);
}

}  // namespace seedance::client
