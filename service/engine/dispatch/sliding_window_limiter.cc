#include "service/engine/dispatch/sliding_window_limiter.h"

#include <algorithm>
#include <cmath>

namespace seedance::engine {
namespace {

constexpr absl::Duration kAtOnce = absl::Milliseconds(100);

}  // namespace

SlidingWindowLimiter::SlidingWindowLimiter(double per_second) {
  if (per_second <= 0) return;
  places_ = static_cast<size_t>(std::max(1.0, std::floor(per_second)));
  hold_ = absl::Seconds(std::max(1.0, 1.0 / per_second));
  gap_ = hold_ / static_cast<double>(places_);
}

void SlidingWindowLimiter::Release(absl::Time now) {
  // Further away than anything can be: the clock was set back.
  if (next_ > now + gap_) next_ = now + gap_;
  while (!releases_.empty() && *releases_.rbegin() > now + hold_ + kTravel) {
    releases_.erase(std::prev(releases_.end()));
    releases_.insert(now + hold_);
  }
  releases_.erase(releases_.begin(), releases_.upper_bound(now));
}

double SlidingWindowLimiter::Use(absl::Time now) {
  if (places_ == 0) return 0;
  Release(now);
  return static_cast<double>(taken_ + releases_.size()) / static_cast<double>(places_);
}

absl::Time SlidingWindowLimiter::NextAt(absl::Time now) {
  if (places_ == 0) return now;
  Release(now);
  const absl::Time spread = std::max(now, next_);
  if (taken_ + releases_.size() < places_) return spread;
  return releases_.empty() ? absl::InfiniteFuture() : std::max(spread, *releases_.begin());
}

void SlidingWindowLimiter::Take(absl::Time now) {
  if (places_ == 0) return;
  next_ = std::max(next_, now - kAtOnce) + gap_;
  ++taken_;
}

absl::Time SlidingWindowLimiter::Sent(absl::Time now) {
  const absl::Time mark = now + kTravel + hold_;
  if (places_ == 0) return mark;
  --taken_;
  releases_.insert(mark);
  return mark;
}

void SlidingWindowLimiter::GiveBack() {
  if (places_ == 0) return;
  --taken_;
  next_ -= gap_;
}

void SlidingWindowLimiter::Answered(absl::Time sent_mark, absl::Time now) {
  if (now + hold_ >= sent_mark) return;
  const auto mark = releases_.find(sent_mark);
  if (mark == releases_.end()) return;
  releases_.erase(mark);
  releases_.insert(now + hold_);
}

}  // namespace seedance::engine
