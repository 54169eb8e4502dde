#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_SLIDING_WINDOW_LIMITER_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_SLIDING_WINDOW_LIMITER_H_

#include <cstddef>
#include <functional>
#include <set>

#include "absl/time/time.h"

namespace seedance::engine {

// At most so many calls in any second, as the one who is called counts them.
//
// A call arrives at some moment between its sending and its answer. So it takes one of `per_second` places when its
// turn comes, and gives it back a second after its answer, or kTravel and a second after it was sent if the answer
// takes longer: no second can hold more arrivals than there are places, as long as no call travels longer than kTravel.
// Calls are spread evenly besides, but for a tenth of a second's worth that may go at once after a silence.
//
// Several processes that share the rate have a part of the places each. One that comes to a process can be used a
// second and kTravel later, for whoever had it may have sent a call just before.
//
// A value without I/O or lock, but for what `part` does; every method takes O(log n) for n calls in a second.
class SlidingWindowLimiter {
 public:
  // How long a call may be on its way to the other side.
  static constexpr absl::Duration kTravel = absl::Milliseconds(250);

  // A fraction of a call counts as none, below one call a second they are 1 / `per_second` apart. 0: no limit.
  // `part`: how many of so many places are this process's at the moment; null: all.
  using Part = std::function<size_t(size_t places)>;
  explicit SlidingWindowLimiter(double per_second, Part part = nullptr);

  // Another rate from now on. Calls that have a place keep it; places that come by it can be used a second later.
  void SetRate(double per_second, absl::Time now);

  // When the next call may take a place: `now`, or later. InfiniteFuture: not before a call that has a place is sent.
  // Without a place, when to ask again.
  absl::Time NextAt(absl::Time now);

  // How much of the rate is in use, 0 to 1.
  double Use(absl::Time now);

  // A call takes a place.
  void Take(absl::Time now);
  // It is sent now, ... Returns what Answered wants to know.
  absl::Time Sent(absl::Time now);
  // ... or will not be sent.
  void GiveBack();
  // The answer to a call is there.
  void Answered(absl::Time sent_mark, absl::Time now);

 private:
  void Measure(double per_second);
  // Forgets the places that are free by now, and sees which are this process's.
  void Release(absl::Time now);
  void SetPlaces(size_t places, absl::Time now);

  size_t all_ = 0;  // Places of all processes; 0: no limit.
  Part part_;
  size_t places_ = 0;
  absl::Duration hold_;
  absl::Duration gap_;
  absl::Time next_ = absl::InfinitePast();  // By the even spread.
  size_t taken_ = 0;                        // Not sent yet.
  std::multiset<absl::Time> releases_;      // When the places of the calls that were sent become free.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_SLIDING_WINDOW_LIMITER_H_
