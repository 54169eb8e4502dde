#include "service/engine/dispatch/poll_pace.h"

#include <algorithm>
#include <utility>

namespace seedance::engine {

absl::Duration Jittered(absl::Duration interval, base::Random& random) {
  return interval * (0.9 + 0.2 * random.Unit());
}

absl::Duration PollPause(const PollPace& pace, const PollFacts& facts) {
  const bool queued = facts.state == model::TaskState::kQueued;
  const absl::Duration usual = queued ? pace.queued : pace.running;
  if (facts.webhooks) return std::max(usual, pace.with_webhooks);
  absl::Duration pause =
      facts.watched ? std::min(usual, std::max(pace.watched, facts.round)) : std::max(usual, pace.unwatched);
  if (facts.first && queued) pause = std::min(pause, usual / 3);
  if (!facts.usual.has_value() || facts.crowded || facts.age > facts.usual->late) return pause;
  const absl::Duration until_near = facts.usual->early - facts.age;
  return std::min(pause, std::max(until_near, usual / 2));
}

absl::Duration AssetPause(absl::Duration interval, absl::Duration age, base::Random& random) {
  const double slowdown = std::max(1.0, absl::FDivDuration(age, absl::Minutes(2)));
  const absl::Duration slowest = std::max(interval, absl::Minutes(1));
  return Jittered(std::min(interval * slowdown, slowest), random);
}

bool NotFoundStreak::Count(bool not_found, int64_t outage_epoch, absl::Time now, const NotFoundPatience& patience) {
  if (std::exchange(outage_epoch_, outage_epoch) != outage_epoch || !not_found) Reset();
  return not_found && Add(now, patience);
}

bool NotFoundStreak::Add(absl::Time now, const NotFoundPatience& patience) {
  if (count_++ == 0) first_ = now;
  return count_ >= patience.count && now - first_ >= patience.time;
}

}  // namespace seedance::engine
