#ifndef SEEDANCE_TESTS_BENCH_WATCHED_TASK_H_
#define SEEDANCE_TESTS_BENCH_WATCHED_TASK_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/bench_stack.h"

namespace seedance::bench {

// Virtual time of a task in a sandbox that stands still, chosen so that Change is one step of the vendor's percentage.
inline constexpr int kWatchedTaskSeconds = 1000;
// So often a task can change before the vendor's percentage has come to its end.
inline constexpr int kMostChanges = 45;

// A new task that has just begun to run, with a prompt of so many characters, in a stack whose sandbox is
// StoppedSandbox(kWatchedTaskSeconds). It changes only by Change, and never ends.
struct WatchedTask {
  gateway::v1::GenerationTask message;  // As it was first seen running.

  const std::string& name() const { return message.name(); }

  static absl::StatusOr<WatchedTask> Start(BenchStack& stack, int prompt_characters = 200);

  // Lets the vendor make progress, which the next poll finds.
  static bool Change(BenchStack& stack);
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_WATCHED_TASK_H_
