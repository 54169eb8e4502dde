#ifndef SEEDANCE_CLIENT_CPP_CTL_ETA_H_
#define SEEDANCE_CLIENT_CPP_CTL_ETA_H_

#include <optional>

#include "absl/time/time.h"

namespace seedance::client::ctl {

// Guesses the time left, but only where that is honest: from figures that the vendor reported, once they have moved
// at least twice, and no longer than the guess holds.
class EtaEstimator {
 public:
  // Takes a reported percentage. A figure that falls starts the count anew.
  void Observe(int percent, absl::Time now);
  // Forgets everything, for example when the figure became the gateway's estimate.
  void Reset();
  // Time left as of `now`.
  std::optional<absl::Duration> Estimate(absl::Time now) const;

 private:
  int moves_ = -1;  // -1: nothing seen.
  int first_percent_ = 0;
  int last_percent_ = 0;
  absl::Time first_time_;
  absl::Time last_time_;
};

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_ETA_H_
