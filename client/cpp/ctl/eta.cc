#include "client/cpp/ctl/eta.h"

namespace seedance::client::ctl {

void EtaEstimator::Observe(int percent, absl::Time now) {
  if (moves_ < 0 || percent < last_percent_) {
    moves_ = 0;
    first_percent_ = percent;
    first_time_ = now;
  } else if (percent == last_percent_) {
    return;
  } else {
    ++moves_;
  }
  last_percent_ = percent;
  last_time_ = now;
}

void EtaEstimator::Reset() { moves_ = -1; }

std::optional<absl::Duration> EtaEstimator::Estimate(absl::Time now) const {
  if (moves_ < 2 || last_percent_ >= 100) return std::nullopt;
  const absl::Duration per_percent = (last_time_ - first_time_) / (last_percent_ - first_percent_);
  const absl::Duration left = per_percent * (100 - last_percent_) - (now - last_time_);
  if (left <= absl::ZeroDuration()) return std::nullopt;
  return left;
}

}  // namespace seedance::client::ctl
