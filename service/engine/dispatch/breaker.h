#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_BREAKER_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_BREAKER_H_

#include <cstdint>

#include "absl/time/time.h"

namespace seedance::engine {

// Circuit breaker: opens after `failures` unusable answers in a row, then admits one probe at a time. A value without
// I/O or lock.
class Breaker {
 public:
  struct Options {
    int failures = 0;  // In a row open it. 0: never.
    absl::Duration pause =
        absl::Seconds(5);  // Until the first try; doubled after each that failed, up to 16 times this.
  };

  explicit Breaker(const Options& options) : options_(options) {}

  // Whether the vendor counts as down.
  bool open() const { return open_; }
  // How often it was opened.
  int64_t openings() const { return openings_; }

  // When a call may begin: `now`; while open when the next try is due; InfiniteFuture while one is under way.
  absl::Time NextAt(absl::Time now);

  // When the next try is, or was, due. Only while it is open.
  absl::Time due() const { return until_; }

  // A call begins. True: it is the one that tries, and the methods below want to hear that.
  bool Begin();
  // The call ended, and the vendor answered usably or not. A usable answer closes it, whoever got it.
  void Answered(bool usable, bool probe, absl::Time now);
  // The call ended, and says nothing about the vendor.
  void Ended(bool probe);

  // Another gateway's breaker opened: so does this one, unless it had a usable answer within the last `pause`.
  void HearDown(absl::Time now);
  // Another gateway's breaker closed: the next probe is due.
  void HearUp(absl::Time now);

 private:
  void Open(absl::Time now);

  const Options options_;
  bool open_ = false;
  bool probing_ = false;
  int failures_ = 0;  // In a row, while closed.
  int64_t openings_ = 0;
  absl::Duration pause_;
  absl::Time until_ = absl::InfinitePast();
  absl::Time last_usable_ = absl::InfinitePast();
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_BREAKER_H_
