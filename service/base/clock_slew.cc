#include "service/base/clock_slew.h"

#include <algorithm>

namespace seedance::base {

absl::Time ClockSlew::At(absl::Time wall, absl::Duration steady) {
  const absl::Duration passed = std::max(steady - steady_, absl::ZeroDuration());
  // Integer nanoseconds: a division of durations costs more than reading the clocks.
  const absl::Duration most = absl::Nanoseconds(absl::ToInt64Nanoseconds(passed) / kSlowness);
  now_ += passed;
  now_ += std::clamp(wall - now_, -most, most);
  steady_ += passed;
  lag_ = wall - now_;
  return now_;
}

}  // namespace seedance::base
