#include "service/engine/poll_pace.h"

#include <algorithm>

namespace seedance::engine {

absl::Duration Jittered(absl::Duration interval, base::Random& random) {
  return interval * (0.9 + 0.2 * random.Unit());
}

absl::Duration AssetPause(absl::Duration interval, absl::Duration age, base::Random& random) {
  const double slowdown = std::max(1.0, absl::FDivDuration(age, absl::Minutes(2)));
  const absl::Duration slowest = std::max(interval, absl::Minutes(1));
  return Jittered(std::min(interval * slowdown, slowest), random);
}

bool NotFoundStreak::Add(absl::Time now, const NotFoundPatience& patience) {
  if (count_++ == 0) first_ = now;
  return count_ >= patience.count && now - first_ >= patience.time;
}

}  // namespace seedance::engine
