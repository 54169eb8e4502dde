#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_WAIT_REASON_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_WAIT_REASON_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "service/engine/dispatch/admission_control.h"

namespace seedance::engine {

// Why the submission of a task waits, for its caller.
//
// Tests: tests/unit/engine/tasks/task_turns_test.cc, tests/unit/engine/tasks/task_tracker_test.cc
struct WaitReason {
  enum class Kind {
    kTurn,         // For the gateway's own limits.
    kRest,         // The vendor asked for a rest.
    kUnreachable,  // The vendor counts as down.
  };
  static constexpr size_t kKinds = 3;
  Kind kind = Kind::kTurn;
  absl::Time until = absl::InfiniteFuture();  // InfiniteFuture: nobody knows.
  absl::Time found = absl::InfinitePast();    // When this was so. Not of kRest.

  // Of kTurn: as in WaitsForTurn.
  size_t before = 0;
  double per_second = 0;
  size_t at_a_time = 0;
  CooldownCause cause = CooldownCause::kRate;  // Of kRest.

  // Names cause and `until`. Made when it is asked for: many reasons are found for one that is told.
  std::string Text() const;
};

// RFC 3339 in UTC, rounded up to the second.
std::string UtcText(absl::Time time);

// `before`: tasks whose turn comes earlier. `per_second`: the configured rate; 0: only `at_a_time` limits, and nobody
// knows when.
WaitReason WaitsForTurn(size_t before, double per_second, size_t at_a_time, absl::Time until, absl::Time now);
WaitReason WaitsForCooldown(CooldownCause cause, absl::Time until);
WaitReason WaitsForVendor(absl::Time next_try, absl::Time now);  // `next_try` past: an attempt is under way.

// Whether a caller who was told `told` has to be told `fresh`: the cause is another one, the time that was told is
// over, or it was wrong by more than ten seconds and a quarter of what is left. Keeps stores and watchers from a change
// per tick.
bool IsNews(const WaitReason& told, const WaitReason& fresh, absl::Time now);

// How often callers may be told why their tasks wait: each time is a write. For all tasks together; a value without a
// lock or a clock.
class TellBudget {
 public:
  static constexpr int kPerSecond = 50;
  static constexpr int kBurst = 500;

  // How long a task waits before it may be told a reason of the same kind again, when `waiting` tasks share the budget:
  // a minute at least, and long enough that all of them have their turn.
  static absl::Duration Again(size_t waiting);

  // Whether one may be told now; if so it is counted.
  bool Take(absl::Time now);

 private:
  double left_ = kBurst;
  absl::Time filled_ = absl::InfinitePast();
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_WAIT_REASON_H_
