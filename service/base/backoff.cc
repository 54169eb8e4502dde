#include "service/base/backoff.h"

#include <algorithm>
#include <cmath>

namespace seedance::base {

absl::Duration Backoff::Delay(int attempt, Random& random) const {
  const absl::Duration whole = std::min(initial * std::exp2(std::min(attempt, 40)), maximum);
  return whole * (0.1 + 0.9 * random.Unit());
}

}  // namespace seedance::base
