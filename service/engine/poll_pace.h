#ifndef SEEDANCE_SERVICE_ENGINE_POLL_PACE_H_
#define SEEDANCE_SERVICE_ENGINE_POLL_PACE_H_

#include "absl/time/time.h"
#include "service/base/random.h"

namespace seedance::engine {

// `interval` with 10 % of jitter to either side, so that tasks submitted together are not polled together.
absl::Duration Jittered(absl::Duration interval, base::Random& random);

// Pause before the next poll of an asset of this age: `interval` for the first two minutes, then growing with the age
// up to a minute, for an asset that is not ready by then is in a review that takes long.
absl::Duration AssetPause(absl::Duration interval, absl::Duration age, base::Random& random);

// How long "no such id" is not believed: vendors say it of ids that they made a moment ago.
struct NotFoundPatience {
  int count = 5;                           // In a row ...
  absl::Duration time = absl::Minutes(2);  // ... over at least this time.
};

// A run of "no such id" answers.
class NotFoundStreak {
 public:
  // Counts one answer. True when the patience is over.
  bool Add(absl::Time now, const NotFoundPatience& patience);
  void Reset() { count_ = 0; }

 private:
  int count_ = 0;
  absl::Time first_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_POLL_PACE_H_
