// How often the vendor is polled for a task with many watchers and for one with a single watcher: two tasks of the same
// gateway, the same pace, the same time.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/vendor.h"
#include "tests/bench/watch_load.h"
#include "tests/testing/eventually.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;

constexpr absl::Duration kPatience = absl::Minutes(2);

absl::StatusOr<v1::GenerationTask> NewTask(e2e::Api& api) {
  v1::GenerationTask task;
  task.set_prompt("[stuck]");
  const auto created = api.CreateTask(task);
  if (!created.ok()) return absl::UnavailableError(created.status.error_message());
  return created.value;
}

int64_t PollsOf(const std::vector<VendorTask>& tasks, const std::string& id) {
  for (const VendorTask& task : tasks) {
    if (task.id == id) return task.polls;
  }
  return -1;
}

// Polls of both tasks from the moment on when all streams are open.
bool Turn(Bench& bench, BenchStack& stack, const VendorView& vendor, Row& row) {
  const auto crowded = NewTask(*stack.api);
  const auto lonely = NewTask(*stack.api);
  if (!crowded.ok() || !lonely.ok()) return bench.Fail("no task");
  WatchLoad crowd(stack.gateway->address(), {crowded->name()}, bench.Number("streams"), bench.Number("connections"));
  WatchLoad one(stack.gateway->address(), {lonely->name()}, 1, 1);
  if (!crowd.AwaitOpen(kPatience) || !one.AwaitOpen(kPatience)) return bench.Fail("the streams did not open");
  const auto before = vendor.Tasks();
  // The vendor's own time is real: there is nothing to wait for but time.
  absl::SleepFor(absl::Seconds(bench.Number("seconds")));
  const auto after = vendor.Tasks();
  if (!before.ok() || !after.ok()) return bench.Fail("the sandbox does not answer");
  const auto polls = [&](const v1::GenerationTask& task) {
    return static_cast<double>(PollsOf(*after, task.upstream_task_id()) - PollsOf(*before, task.upstream_task_id()));
  };
  row.ours.push_back(polls(*crowded));
  row.yardstick.push_back(polls(*lonely));
  if (row.yardstick.back() < 1) return bench.Fail("the task was not polled");
  return crowd.failures() + one.failures() == 0 || bench.Fail("streams ended");
}

bool Run(Bench& bench) {
  testing::GatewayOptions options = FastGateway();
  options.poll_interval_queued = options.poll_interval_running = absl::Seconds(1);
  auto stack = BenchStack::Start({"--speed", "1", "--task-seconds", "100"}, options);
  if (!bench.Check(stack.status(), "gateway")) return false;
  const auto vendor = VendorView::Of(*stack->sandbox);
  if (!bench.Check(vendor.status(), "sandbox")) return false;
  Row row;
  row.id = "watch_polls";
  row.what = absl::StrCat("polls of a task with ", bench.Number("streams"), " watchers in ", bench.Number("seconds"),
                          " s, pace 1 s");
  row.unit = "polls";
  row.yardstick_name = "1 watcher";
  row.judged = Row::Judged::kDifference;
  row.goal = Goal::Within(1);
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    if (!Turn(bench, *stack, *vendor, row)) return false;
  }
  bench.Add(row);
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "watch_polls", "polls of a task with many watchers and with one",
                                   {{"rounds", 3, 1, "rounds"},
                                    {"streams", 10000, 100, "watchers"},
                                    {"seconds", 15, 3, "length of a round"},
                                    {"connections", 100, 10, "connections"}},
                                   seedance::bench::Run);
}
