#include "service/base/steady_wall_clock.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "service/base/log.h"

namespace seedance::base {
namespace {

// A difference is logged from here on, and counts as corrected below half of it. More than time services correct by
// steps on a healthy machine.
constexpr absl::Duration kWorthTelling = absl::Seconds(2);

// The condition variable's clock stops while the machine is suspended: a waiter is late by this much at most, and by a
// twentieth of it during a correction.
constexpr absl::Duration kLongestWait = absl::Minutes(1);

void Tell(absl::Duration lag) {
  Log(LogLevel::kWarning, "wall_clock_was_set",
      {{"ahead_seconds", absl::ToDoubleSeconds(lag)},
       {"followed_within_seconds", absl::ToDoubleSeconds(absl::AbsDuration(lag) * ClockSlew::kSlowness)}});
}

}  // namespace

SteadyWallClock::SteadyWallClock(Sources sources)
    : sources_(std::move(sources)), slew_(sources_.wall(), sources_.steady()) {}

SteadyWallClock::Sources SteadyWallClock::MachineSources() {
  return {absl::Now, [] {
            timespec since_boot;
            clock_gettime(CLOCK_BOOTTIME, &since_boot);
            return absl::DurationFromTimespec(since_boot);
          }};
}

absl::Time SteadyWallClock::Now() {
  absl::Time now;
  absl::Duration news;
  {
    MutexLock lock(mutex_);
    now = slew_.At(sources_.wall(), sources_.steady());
    const absl::Duration off = absl::AbsDuration(slew_.lag());
    if (off >= kWorthTelling && !told_) news = slew_.lag();
    if (off >= kWorthTelling || off < kWorthTelling / 2) told_ = off >= kWorthTelling;
  }
  if (news != absl::ZeroDuration()) Tell(news);
  return now;
}

void SteadyWallClock::WaitUntil(CondVar& condition, Mutex& mutex, absl::Time deadline) {
  const absl::Duration left = deadline - Now();
  if (left > absl::ZeroDuration()) condition.WaitFor(mutex, absl::ToChronoNanoseconds(std::min(left, kLongestWait)));
}

}  // namespace seedance::base
