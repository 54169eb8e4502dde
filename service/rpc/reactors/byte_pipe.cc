#include "service/rpc/reactors/byte_pipe.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"

namespace seedance::rpc {

BytePipe::BytePipe(std::optional<int64_t> size, absl::Duration stall_limit, base::Clock& clock,
                   absl::AnyInvocable<void()> on_room)
    : size_(size), stall_limit_(stall_limit), clock_(clock), on_room_(std::move(on_room)) {}

bool BytePipe::Push(std::string chunk) {
  base::MutexLock lock(mutex_);
  if (closed_ || !aborted_.ok()) return true;  // The bytes are discarded; continue to the end of the stream.
  bytes_ += chunk.size();
  chunks_.push_back(std::move(chunk));
  changed_.NotifyOne();
  owed_ = bytes_ >= kRoomBytes;
  return !owed_;
}

void BytePipe::Close() {
  base::MutexLock lock(mutex_);
  closed_ = true;
  changed_.NotifyOne();
}

void BytePipe::Abort(absl::Status status) {
  base::MutexLock lock(mutex_);
  if (!aborted_.ok()) return;
  aborted_ = std::move(status);
  chunks_.clear();
  bytes_ = 0;
  changed_.NotifyOne();
}

absl::StatusOr<std::string> BytePipe::Next() {
  AskForMore();
  std::string chunk;
  {
    base::MutexLock lock(mutex_);
    const absl::Time limit = clock_.Now() + stall_limit_;
    while (chunks_.empty() && !closed_ && aborted_.ok() && clock_.Now() < limit) {
      clock_.WaitUntil(changed_, mutex_, limit);
    }
    if (!aborted_.ok()) return aborted_;
    if (chunks_.empty() && closed_) return std::string();
    if (chunks_.empty()) {
      base::ErrorDetail detail;
      detail.reason = base::Reason::kDeadlineExceeded;
      return base::MakeError(absl::StrCat("no chunk arrived for ", absl::FormatDuration(stall_limit_)), detail);
    }
    chunk = std::move(chunks_.front());
    chunks_.pop_front();
    bytes_ -= chunk.size();
  }
  AskForMore();
  return chunk;
}

void BytePipe::AskForMore() {
  {
    base::MutexLock lock(mutex_);
    if (!owed_ || bytes_ >= kRoomBytes || closed_ || !aborted_.ok()) return;
    owed_ = false;
  }
  on_room_();
}

}  // namespace seedance::rpc
