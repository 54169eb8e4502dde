#include "tests/testing/eventually.h"

#include "absl/time/clock.h"

namespace seedance::testing {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(5);

}  // namespace

bool Eventually(absl::FunctionRef<bool()> condition, absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  while (absl::Now() < end) {
    if (condition()) return true;
    absl::SleepFor(kPause);
  }
  return condition();
}

bool EventuallyAfter(absl::FunctionRef<void()> step, absl::FunctionRef<bool()> condition) {
  step();
  if (Eventually(condition, absl::Seconds(2))) return true;
  step();
  return Eventually(condition);
}

bool Always(absl::FunctionRef<bool()> condition, absl::Duration time) {
  return !Eventually([&] { return !condition(); }, time);
}

}  // namespace seedance::testing
