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
    last_usable_ = now;
    return;
  }
  if (!open_) {
    if (++failures_ >= options_.failures && options_.failures > 0) Open(now);
  } else if (probe) {
    probing_ = false;
    pause_ = std::min(pause_ * 2, options_.pause * kMostPauses);
    until_ = now + pause_;
  }
}

void Breaker::Ended(bool probe) {
  if (probe) probing_ = false;
}

void Breaker::HearDown(absl::Time now) {
  // What this gateway saw itself counts for more: the other one may have lost its network.
  const bool answers = last_usable_ <= now && now < last_usable_ + options_.pause;
  if (!open_ && !answers && options_.failures > 0) Open(now);
}

void Breaker::HearUp(absl::Time now) {
  if (open_) until_ = std::min(until_, now);
}

void Breaker::Open(absl::Time now) {
  open_ = true;
  ++openings_;
  failures_ = 0;
  pause_ = options_.pause;
  until_ = now + pause_;
}

}  // namespace seedance::engine
