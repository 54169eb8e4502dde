#ifndef SEEDANCE_TESTS_TESTING_EVENTUALLY_H_
#define SEEDANCE_TESTS_TESTING_EVENTUALLY_H_

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace seedance::testing {

// Asks `condition` every few milliseconds until it is true (returns true) or `deadline` has passed (returns what it
// says then). The only way for a test to wait for another process. Real time.
[[nodiscard]] bool Eventually(absl::FunctionRef<bool()> condition, absl::Duration deadline = absl::Seconds(20));

// For what another thread does at a simulated time that it counts from the end of its last work, which may be a moment
// from now: moves the clock by `step`, and once more where that was too early.
[[nodiscard]] bool EventuallyAfter(absl::FunctionRef<void()> step, absl::FunctionRef<bool()> condition);

// The reverse: true when `condition` stays true for the whole of `time`.
[[nodiscard]] bool Always(absl::FunctionRef<bool()> condition, absl::Duration time);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_EVENTUALLY_H_
