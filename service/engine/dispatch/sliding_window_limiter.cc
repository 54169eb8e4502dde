#include "service/engine/dispatch/sliding_window_limiter.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace seedance::engine {
namespace {

constexpr absl::Duration kAtOnce = absl::Milliseconds(100);
// As long a process without a place waits before it looks whether it has one.
constexpr absl::Duration kAskAgain = absl::Seconds(1);

}  // namespace

SlidingWindowLimiter::SlidingWindowLimiter(double per_second, Part part) : part_(std::move(part)) {
  if (per_second <= 0) return;
  Measure(per_second);
  places_ = all_;
  gap_ = hold_ / static_cast<double>(places_);
}

void SlidingWindowLimiter::Measure(double per_second) {
  all_ = static_cast<size_t>(std::max(1.0, std::floor(per_second)));
  hold_ = absl::Seconds(std::max(1.0, 1.0 / per_second));
}

void SlidingWindowLimiter::SetRate(double per_second, absl::Time now) {
  if (per_second <= 0) {
    // Calls that are on their way count when there is a rate again.
    all_ = places_ = 0;
    gap_ = absl::ZeroDuration();
    releases_.clear();
    return;
  }
  Measure(per_second);
  SetPlaces(part_ == nullptr ? all_ : part_(all_), now);
}

void SlidingWindowLimiter::SetPlaces(size_t places, absl::Time now) {
  for (; places_ < places; ++places_) releases_.insert(now + hold_ + kTravel);
  places_ = places;
  gap_ = hold_ / static_cast<double>(std::max<size_t>(places, 1));
}

void SlidingWindowLimiter::Release(absl::Time now) {
  if (part_ != nullptr) SetPlaces(part_(all_), now);
  // Further away than anything can be: the clock was set back.
  if (next_ > now + gap_) next_ = now + gap_;
  while (!releases_.empty() && *releases_.rbegin() > now + hold_ + kTravel) {
    releases_.erase(std::prev(releases_.end()));
    releases_.insert(now + hold_);
  }
  releases_.erase(releases_.begin(), releases_.upper_bound(now));
}

double SlidingWindowLimiter::Use(absl::Time now) {
  if (all_ == 0) return 0;
  Release(now);
  if (places_ == 0) return 1;
  return static_cast<double>(taken_ + releases_.size()) / static_cast<double>(places_);
}

absl::Time SlidingWindowLimiter::NextAt(absl::Time now) {
  if (all_ == 0) return now;
  Release(now);
  if (places_ == 0) return now + kAskAgain;
  const absl::Time spread = std::max(now, next_);
  if (taken_ + releases_.size() < places_) return spread;
  return releases_.empty() ? absl::InfiniteFuture() : std::max(spread, *releases_.begin());
}

void SlidingWindowLimiter::Take(absl::Time now) {
  next_ = std::max(next_, now - kAtOnce) + gap_;
  ++taken_;
}

absl::Time SlidingWindowLimiter::Sent(absl::Time now) {
  const absl::Time mark = now + kTravel + hold_;
  --taken_;
  if (all_ > 0) releases_.insert(mark);
  return mark;
}

void SlidingWindowLimiter::GiveBack() {
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
