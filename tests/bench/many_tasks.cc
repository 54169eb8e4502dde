// More running tasks than a cap on polls allows to follow at their pace: the cap holds in every second, and no task is
// left alone for longer than twice the time that a round of all tasks takes at the cap. The tasks stand in the store
// when the gateway starts, so all are due at once.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/poll_history.h"
#include "tests/bench/resident_memory.h"
#include "tests/bench/stored_tasks.h"
#include "tests/bench/vendor.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {
namespace {

constexpr double kRounds = 2.1;  // Time of the bench in rounds of all tasks at the cap.

struct Outcome {
  int most_polls = 0;
  absl::Duration oldest;
  double megabytes = 0;
};

absl::StatusOr<Outcome> Follow(Bench& bench, int tasks, int polls) {
  auto sandbox = testing::SandboxProcess::Start({"--speed", "1", "--task-seconds", "60"});
  if (!sandbox.ok()) return sandbox.status();
  Vendor direct((*sandbox)->url());
  testing::TempDir dir;
  bench.Progress(absl::StrCat("creates ", tasks, " tasks"));
  const auto stored = StoreRunningTasks(**sandbox, direct, dir.File("gateway.db"), tasks, "[stuck] a fox");
  if (!stored.ok()) return stored.status();
  auto vendor = VendorView::Of(**sandbox);
  if (!vendor.ok()) return vendor.status();
  testing::GatewayOptions options = FastGateway();
  options.sqlite_path = dir.File("gateway.db");
  options.sandbox_url = (*sandbox)->url();
  options.poll_interval_queued = options.poll_interval_running = absl::Seconds(5);
  options.polls_per_second = polls;
  const absl::Time start = absl::Now();
  auto gateway = testing::GatewayProcess::Start(options);
  if (!gateway.ok()) return gateway.status();

  const absl::Time end = start + absl::Seconds(kRounds * tasks / polls);
  bench.Progress(absl::StrCat("watches the vendor for ", absl::FormatDuration(end - start)));
  while (absl::Now() < end) {
    if (absl::Status collected = vendor->CollectPolls(); !collected.ok()) return collected;
    absl::SleepFor(absl::Milliseconds(250));
  }
  std::vector<std::string> ids;
  for (const StoredTask& task : *stored) ids.push_back(task.task.upstream_task_id);
  Outcome outcome;
  outcome.megabytes = static_cast<double>(ResidentMemory((*gateway)->process().pid()).NowKb()) / 1024;
  outcome.most_polls = MostInASecond(vendor->polls());
  outcome.oldest = OldestAge(vendor->polls(), ids, start, end);
  return outcome;
}

bool Run(Bench& bench) {
  const int tasks = bench.Number("tasks");
  const int polls = bench.Number("polls");
  const absl::StatusOr<Outcome> outcome = Follow(bench, tasks, polls);
  if (!bench.Check(outcome.status(), "gateway")) return false;
  const std::string what = absl::StrCat(tasks, " running tasks, at most ", polls, " polls/s: ");
  Row cap;
  cap.id = "many_tasks_cap";
  cap.what = what + "most polls in any second";
  cap.unit = "polls";
  cap.ours = {static_cast<double>(outcome->most_polls)};
  cap.goal = Goal::AtMost(polls);
  bench.Add(cap);
  Row age;
  age.id = "many_tasks_age";
  age.what = what + "oldest poll age";
  age.unit = "s";
  age.ours = {absl::ToDoubleSeconds(outcome->oldest)};
  age.yardstick_name = "a round of all tasks at the cap";
  age.yardstick = {static_cast<double>(tasks) / polls};
  age.judged = Row::Judged::kRatio;
  age.goal = Goal::AtMost(2);
  bench.Add(age);
  Row memory;
  memory.id = "many_tasks_memory";
  memory.what = what + "resident memory";
  memory.unit = "MB";
  memory.ours = {outcome->megabytes};
  bench.Add(memory);
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "many_tasks", "polls of many tasks under a cap",
                                   {{"tasks", 2000, 100, "running tasks"}, {"polls", 50, 25, "most polls in a second"}},
                                   seedance::bench::Run);
}
