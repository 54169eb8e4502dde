#include "service/rpc/watch_streams.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"

namespace seedance::rpc {

absl::Status DrainingError() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kDraining;
  detail.retry_delay = absl::Seconds(1);
  return base::MakeError("the server is shutting down; reconnect", detail);
}

absl::Status WatchStreams::Enter(DrainableStream* stream, std::weak_ptr<DrainableStream> reference) {
  base::MutexLock lock(mutex_);
  if (draining_) return DrainingError();
  if (streams_.size() >= limit_) {
    base::ErrorDetail detail;
    detail.reason = base::Reason::kQuotaExceeded;
    detail.quota_subject = "gateway:watch_streams";
    detail.retry_delay = absl::Seconds(5);
    return base::MakeError(absl::StrCat("the server has its limit of ", limit_, " watch streams open"), detail);
  }
  streams_.emplace(stream, std::move(reference));
  return absl::OkStatus();
}

void WatchStreams::Leave(DrainableStream* stream) {
  base::MutexLock lock(mutex_);
  streams_.erase(stream);
}

void WatchStreams::Drain() {
  std::vector<std::shared_ptr<DrainableStream>> open;
  {
    base::MutexLock lock(mutex_);
    draining_ = true;
    for (const auto& [stream, reference] : streams_) {
      if (auto held = reference.lock()) open.push_back(std::move(held));
    }
  }
  for (const auto& stream : open) stream->EndForDrain();
}

bool WatchStreams::draining() {
  base::MutexLock lock(mutex_);
  return draining_;
}

size_t WatchStreams::size() {
  base::MutexLock lock(mutex_);
  return streams_.size();
}

}  // namespace seedance::rpc
