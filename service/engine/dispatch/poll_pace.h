#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_POLL_PACE_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_POLL_PACE_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "service/base/random.h"
#include "service/engine/dispatch/usual_duration.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// `interval` with 10 % of jitter to either side, so that tasks submitted together are not polled together.
absl::Duration Jittered(absl::Duration interval, base::Random& random);

// Pauses between two polls of a submitted task.
struct PollPace {
  absl::Duration queued = absl::Seconds(15);
  absl::Duration running = absl::Seconds(10);
  // Of a task that nobody watches. Never shorter than the state's pause, here and below; zero: as if it were watched.
  absl::Duration unwatched;
  // Of a task whose vendor tells of news by itself.
  absl::Duration with_webhooks = absl::Minutes(2);
  // Of a task that somebody watches, as far as the vendor's rate allows it. Never longer than the state's pause.
  absl::Duration watched = absl::InfiniteDuration();
};

// What the pause depends on.
struct PollFacts {
  model::TaskState state = model::TaskState::kRunning;  // kQueued or kRunning.
  absl::Duration age;                                   // Since the vendor accepted it.
  bool first = false;                                   // The vendor was not asked for it yet.
  bool watched = true;
  absl::Duration round;   // In which each of the vendor's tasks can be polled once. Zero: no limit.
  bool webhooks = false;  // They have been arriving.
  // Polls of this vendor wait for their turn, or soon would: there is no room for more than the usual ones.
  bool crowded = false;
  std::optional<UsualDuration> usual;  // How long tasks like this one take; nullopt: not known.
};

// The pause before the next poll, without jitter:
// - that of the state; before the first poll of a queued task a third of it at most, so that a watcher soon sees the
//   vendor's own words;
// - watched, that of watched tasks, but not less than a round, if that is shorter;
// - with webhooks, or unwatched, the longer one;
// - near the usual end half of the state's, watched or not, and before that none that would sleep over its begin.
absl::Duration PollPause(const PollPace& pace, const PollFacts& facts);

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
  // Keeps up with the vendor's answer, which came in the outage epoch (RequestSlot::outage_epoch): what was said before
  // an outage does not count, and any other answer ends the run. True when the patience is over.
  bool Count(bool not_found, int64_t outage_epoch, absl::Time now, const NotFoundPatience& patience);

  // Counts one such answer. True when the patience is over.
  bool Add(absl::Time now, const NotFoundPatience& patience);
  void Reset() { count_ = 0; }

 private:
  int count_ = 0;
  absl::Time first_;
  int64_t outage_epoch_ = 0;  // Of the last answer.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_POLL_PACE_H_
