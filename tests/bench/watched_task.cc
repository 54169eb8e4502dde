#include "tests/bench/watched_task.h"

#include "absl/strings/str_cat.h"
#include "tests/testing/eventually.h"

namespace seedance::bench {

absl::StatusOr<WatchedTask> WatchedTask::Start(BenchStack& stack, int prompt_characters) {
  gateway::v1::GenerationTask request;
  std::string prompt = "[stuck]";
  prompt.resize(static_cast<size_t>(prompt_characters), 'x');
  request.set_prompt(prompt);
  const auto created = stack.api->CreateTask(request);
  if (!created.ok()) return absl::UnavailableError(created.status.error_message());
  if (absl::Status moved = stack.sandbox->Advance(absl::Seconds(kWatchedTaskSeconds / 5 + 1)); !moved.ok()) {
    return moved;
  }
  WatchedTask task;
  const auto running = [&] {
    task.message = stack.api->GetTask(created.value.name()).value;
    return task.message.state() == gateway::v1::GenerationTask::STATE_RUNNING;
  };
  if (!testing::Eventually(running, absl::Minutes(2))) return absl::DeadlineExceededError("the task does not run");
  return task;
}

bool WatchedTask::Change(BenchStack& stack) {
  return stack.sandbox->Advance(absl::Seconds(kWatchedTaskSeconds * 0.8 / 50 + 1)).ok();
}

}  // namespace seedance::bench
