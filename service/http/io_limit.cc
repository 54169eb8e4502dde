#include "service/http/io_limit.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "service/base/clock.h"

namespace seedance::http {

IoLimit::IoLimit(absl::Time deadline, std::shared_ptr<base::CancelToken> cancel)
    : deadline_(deadline), cancel_(std::move(cancel)) {
  if (cancel_ == nullptr) return;
  event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  callback_ = cancel_->OnCancel([event = event_] { eventfd_write(event, 1); });
}

IoLimit::~IoLimit() {
  if (cancel_ != nullptr) cancel_->Remove(callback_);
  if (event_ >= 0) close(event_);
}

bool IoLimit::Reached() {
  if (cancel_ != nullptr && cancel_->cancelled()) cancelled_ = true;
  const absl::Time now = base::RealClock().Now();
  if (now >= deadline_) timed_out_ = true;
  return cancelled_ || timed_out_ || now >= phase_end_;
}

bool IoLimit::Wait(int fd, short events) {
  while (!Reached()) {
    const absl::Duration left = std::min(deadline_, phase_end_) - base::RealClock().Now();
    pollfd fds[2] = {{fd, events, 0}, {event_, POLLIN, 0}};
    // One millisecond more, so as not to wake early; bounded, because poll takes int.
    const int64_t wait_ms = absl::ToInt64Milliseconds(std::clamp(left, absl::ZeroDuration(), absl::Hours(1))) + 1;
    const int ready = poll(fds, event_ >= 0 ? 2 : 1, static_cast<int>(wait_ms));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    if (event_ >= 0 && fds[1].revents != 0) {
      cancelled_ = true;
      return false;
    }
    return true;
  }
  return false;
}

}  // namespace seedance::http
