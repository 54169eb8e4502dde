#include "service/engine/dispatch/breaker.h"

#include <algorithm>

namespace seedance::engine {
namespace {

constexpr int kMostPauses = 16;

}  // namespace

absl::Time Breaker::NextAt(absl::Time now) {
  if (!open_) return now;
  if (probing_) return absl::InfiniteFuture();
  // Further away than it was set: the clock was set back.
  until_ = std::min(until_, now + pause_);
  return std::max(now, until_);
}

bool Breaker::Begin() {
  probing_ = open_;
  return open_;
}

void Breaker::Answered(bool usable, bool probe, absl::Time now) {
  if (usable) {
    open_ = probing_ = false;
    failures_ = 0;
    return;
  }
  if (!open_) {
    if (++failures_ < options_.failures || options_.failures == 0) return;
    open_ = true;
    ++openings_;
    failures_ = 0;
    pause_ = options_.pause;
    until_ = now + pause_;
  } else if (probe) {
    probing_ = false;
    pause_ = std::min(pause_ * 2, options_.pause * kMostPauses);
    until_ = now + pause_;
  }
}

void Breaker::Ended(bool probe) {
  if (probe) probing_ = false;
}

}  // namespace seedance::engine
