#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_LEAST_RATE_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_LEAST_RATE_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace seedance::engine {

// Whether the peer of a transfer moves at least so many bytes per second. The peer has a budget of waiting time:
// waiting for it spends the budget, every byte earns its share back. Bytes are counted when a whole message has moved,
// so the budget is never more than `window` and the time that the peer's largest message so far takes at the least
// rate. So a peer that stalls is too slow after that, and one that keeps the rate never is. A value without a lock or a
// clock.
class LeastRate {
 public:
  struct Options {
    int64_t bytes_per_second = 16 << 10;        // 0: every peer is fast enough.
    absl::Duration window = absl::Seconds(10);  // Most time that may be waited without a byte, besides the message's.
  };

  // No message counts as larger: the longest chunk of an upload.
  static constexpr int64_t kMaxMessage = 1 << 20;

  explicit LeastRate(const Options& options) : options_(options), left_(options.window) {}

  // The first message may have `bytes`. Before Waited and Moved.
  void ExpectMessage(int64_t bytes) { left_ = options_.window + TimeOf(bytes); }

  // A little debt remains, so that a single byte does not make a stalled peer fast.
  void Waited(absl::Duration time) {
    waited_ += time;
    left_ = std::max(left_ - time, -options_.window / 10);
  }
  // A message of `bytes` has moved. 0: nothing has.
  void Moved(int64_t bytes) {
    if (bytes <= 0) return;
    moved_ += bytes;
    largest_ = std::max(largest_, std::min(bytes, kMaxMessage));
    left_ = std::min(left_ + TimeOf(bytes), options_.window + TimeOf(largest_));
  }
  bool TooSlow() const { return options_.bytes_per_second > 0 && left_ <= absl::ZeroDuration(); }

  const Options& options() const { return options_; }

  // What was measured since the start.
  int64_t moved() const { return moved_; }
  absl::Duration waited() const { return waited_; }

 private:
  absl::Duration TimeOf(int64_t bytes) const {
    if (options_.bytes_per_second == 0) return absl::ZeroDuration();
    return absl::Seconds(1) * bytes / options_.bytes_per_second;
  }

  Options options_;
  absl::Duration left_;
  absl::Duration waited_;
  int64_t moved_ = 0;
  int64_t largest_ = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_LEAST_RATE_H_
