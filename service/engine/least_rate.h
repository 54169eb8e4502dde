#ifndef SEEDANCE_SERVICE_ENGINE_LEAST_RATE_H_
#define SEEDANCE_SERVICE_ENGINE_LEAST_RATE_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace seedance::engine {

// Whether the peer of a transfer moves at least so many bytes per second. The peer has a budget of waiting time:
// waiting for it spends the budget, every byte earns its share back, and the budget is never more than `window`. So a
// peer that stalls is too slow after one window, and one that keeps the rate never is. A value without a lock or a
// clock.
class LeastRate {
 public:
  struct Options {
    int64_t bytes_per_second = 16 << 10;        // 0: every peer is fast enough.
    absl::Duration window = absl::Seconds(10);  // Most time that may be waited without a byte.
  };

  explicit LeastRate(const Options& options) : options_(options), left_(options.window) {}

  // A little debt remains, so that a single byte does not make a stalled peer fast.
  void Waited(absl::Duration time) { left_ = std::max(left_ - time, -options_.window / 10); }
  void Moved(int64_t bytes) {
    if (options_.bytes_per_second == 0) return;
    left_ = std::min(left_ + absl::Seconds(1) * bytes / options_.bytes_per_second, options_.window);
  }
  bool TooSlow() const { return options_.bytes_per_second > 0 && left_ <= absl::ZeroDuration(); }

 private:
  Options options_;
  absl::Duration left_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_LEAST_RATE_H_
