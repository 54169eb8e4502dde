// How long after a task has ended at the vendor a watcher knows it. First many running tasks, each with a watcher,
// under a cap on polls: they stand in the store when the gateway starts, and end over 40 s, from 20 s after its start
// on. Then new tasks that take 12 to 27 s, at the default pace.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/poll_history.h"
#include "tests/bench/stored_tasks.h"
#include "tests/bench/vendor.h"
#include "tests/bench/watch_load.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {
namespace {

constexpr absl::Duration kTooLate = absl::Seconds(30);  // After pace and end, to count as never seen.

struct Shape {
  int tasks;
  int pace;   // Seconds.
  int polls;  // Per second.
  int first;  // Seconds after the start of the gateway at which the first task ends,
  int last;   // and the last.
};

double Quantile(std::vector<double> figures, double q) {
  std::sort(figures.begin(), figures.end());
  return figures[std::min(figures.size() - 1, static_cast<size_t>(q * static_cast<double>(figures.size())))];
}

testing::GatewayOptions Gateway(const Shape& shape, const std::string& sqlite_path) {
  testing::GatewayOptions options = FastGateway();
  options.sqlite_path = sqlite_path;
  options.poll_interval_queued = options.poll_interval_running = absl::Seconds(shape.pace);
  options.polls_per_second = shape.polls;
  return options;
}

// Seconds from the end of each task at the vendor to the watcher's knowledge.
absl::StatusOr<std::vector<double>> Lags(const Shape& shape, int& most_polls) {
  auto sandbox = testing::SandboxProcess::Start({"--speed", "1", "--task-seconds", absl::StrCat(shape.last)});
  if (!sandbox.ok()) return sandbox.status();
  Vendor direct((*sandbox)->url());
  testing::TempDir dir;
  const auto tasks = StoreRunningTasks(**sandbox, direct, dir.File("gateway.db"), shape.tasks, "a fox",
                                       absl::Seconds(shape.last - shape.first) / shape.tasks);
  if (!tasks.ok()) return tasks.status();
  auto vendor = VendorView::Of(**sandbox);
  if (!vendor.ok()) return vendor.status();
  testing::GatewayOptions options = Gateway(shape, dir.File("gateway.db"));
  options.sandbox_url = (*sandbox)->url();
  auto gateway = testing::GatewayProcess::Start(options);
  if (!gateway.ok()) return gateway.status();
  std::vector<std::string> names;
  for (const StoredTask& task : *tasks) names.push_back(task.task.name());
  WatchLoad watchers((*gateway)->address(), names, shape.tasks, 10);

  const absl::Time give_up = absl::Now() + absl::Seconds(shape.last + shape.pace) + kTooLate;
  while (watchers.ends().size() < tasks->size() && absl::Now() < give_up) {
    if (absl::Status collected = vendor->CollectPolls(); !collected.ok()) return collected;
    absl::SleepFor(absl::Seconds(1));
  }
  most_polls = MostInASecond(vendor->polls());
  const auto at_vendor = vendor->Tasks();
  if (!at_vendor.ok()) return at_vendor.status();
  std::map<std::string, absl::Time> ended;
  for (const VendorTask& task : *at_vendor) ended[task.id] = task.create_time + absl::Seconds(shape.last);
  const auto seen = watchers.ends();
  std::vector<double> lags;
  for (const StoredTask& task : *tasks) {
    const auto known = seen.find(task.task.name());
    if (known == seen.end()) return absl::DeadlineExceededError("a watcher never knew of the end of its task");
    lags.push_back(absl::ToDoubleSeconds(known->second - ended[task.task.upstream_task_id]));
  }
  return lags;
}

// Watched tasks that end by themselves.
struct ShortTasks {
  absl::Status status;
  std::vector<double> lags;  // As of Lags.
  int most_polls = 0;        // Of one task.
};

// `count` tasks that take so many seconds, created one after the other, each with a watcher.
ShortTasks WatchShortTasks(int seconds, int count) {
  ShortTasks result;
  testing::GatewayOptions options = FastGateway();
  options.poll_interval_queued = absl::Seconds(15);
  options.poll_interval_running = absl::Seconds(10);
  options.poll_interval_unwatched = absl::Seconds(30);
  options.polls_per_second = 50;
  auto stack = BenchStack::Start({"--speed", "1", "--task-seconds", absl::StrCat(seconds)}, options);
  if (!stack.ok()) return result.status = stack.status(), result;
  const auto vendor = VendorView::Of(*stack->sandbox);
  if (!vendor.ok()) return result.status = vendor.status(), result;
  std::map<std::string, std::unique_ptr<WatchLoad>> watchers;  // By the vendor's id.
  std::map<std::string, std::string> names;
  gateway::v1::GenerationTask request;
  request.set_prompt("a fox");
  for (int i = 0; i < count; ++i) {
    const auto task = stack->api->CreateTask(request);
    if (!task.ok()) return result.status = absl::InternalError("a task was not created"), result;
    const std::string& id = task.value.upstream_task_id();
    names[id] = task.value.name();
    watchers[id] = std::make_unique<WatchLoad>(stack->gateway->address(), std::vector<std::string>{names[id]}, 1, 1);
    absl::SleepFor(absl::Milliseconds(100));
  }
  absl::SleepFor(absl::Seconds(seconds) + kTooLate / 3);
  const auto at_vendor = vendor->Tasks();
  if (!at_vendor.ok()) return result.status = at_vendor.status(), result;
  for (const VendorTask& task : *at_vendor) {
    const auto ends = watchers[task.id]->ends();
    const auto known = ends.find(names[task.id]);
    if (known == ends.end()) return result.status = absl::DeadlineExceededError("an end was not seen"), result;
    result.lags.push_back(absl::ToDoubleSeconds(known->second - task.create_time) - seconds);
    result.most_polls = std::max(result.most_polls, static_cast<int>(task.polls));
  }
  return result;
}

bool RunShort(Bench& bench) {
  const int longest = bench.Number("longest");
  Row lag;
  lag.id = "discovery_lag_short_p99";
  lag.what = "watched tasks of 12 to 27 s, default pace: p99 discovery lag";
  lag.unit = "s";
  lag.goal = Goal::AtMost(5.5);
  Row polls;
  polls.id = "discovery_polls_short";
  polls.what = "watched tasks of 12 to 27 s, default pace: most polls of one";
  polls.unit = "polls";
  polls.goal = Goal::AtMost(6);
  polls.every_round = true;
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    bench.Progress(absl::StrCat("short tasks, round ", round + 1, ", about ", longest + 15, " s"));
    std::array<ShortTasks, 4> all;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < all.size(); ++i) {
      const int seconds = std::max(1, longest * (12 + 5 * static_cast<int>(i)) / 27);
      threads.emplace_back([&, i, seconds] { all[i] = WatchShortTasks(seconds, bench.Number("short")); });
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<double> lags;
    int most_polls = 0;
    for (const ShortTasks& each : all) {
      if (!bench.Check(each.status, "short tasks")) return false;
      lags.insert(lags.end(), each.lags.begin(), each.lags.end());
      most_polls = std::max(most_polls, each.most_polls);
    }
    lag.ours.push_back(Quantile(lags, 0.99));
    polls.ours.push_back(most_polls);
  }
  bench.Add(lag);
  bench.Add(polls);
  return true;
}

bool Run(Bench& bench) {
  const Shape shape = {bench.Number("tasks"), bench.Number("pace"), bench.Number("polls"), bench.Number("first"),
                       bench.Number("last")};
  Row row;
  row.id = "discovery_lag_p99";
  row.what = absl::StrCat(shape.tasks, " running tasks, pace ", shape.pace, " s, at most ", shape.polls,
                          " polls/s: p99 discovery lag");
  row.unit = "s";
  row.yardstick_name = "pace";
  row.judged = Row::Judged::kDifference;
  row.goal = Goal::AtMost(1);
  Row p50 = row;
  p50.id = "discovery_lag_p50";
  p50.what = absl::StrCat(shape.tasks, " running tasks: median discovery lag");
  p50.goal.reset();
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    bench.Progress(absl::StrCat("round ", round + 1, ", about ", shape.last + shape.pace, " s"));
    int most_polls = 0;
    const absl::StatusOr<std::vector<double>> lags = Lags(shape, most_polls);
    if (!bench.Check(lags.status(), "discovery")) return false;
    row.ours.push_back(Quantile(*lags, 0.99));
    p50.ours.push_back(Quantile(*lags, 0.5));
    row.yardstick.push_back(shape.pace);
    p50.yardstick.push_back(shape.pace);
    row.note = absl::StrCat("at most ", most_polls, " polls in any second");
  }
  bench.Add(row);
  bench.Add(p50);
  return RunShort(bench);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "discovery_lag",
                                   "time from the end of a task at the vendor to its watcher",
                                   {{"rounds", 2, 1, "rounds"},
                                    {"tasks", 500, 20, "running tasks"},
                                    {"pace", 15, 1, "seconds between two polls of a task"},
                                    {"polls", 50, 50, "most polls in a second"},
                                    {"first", 20, 2, "seconds after the start at which the first task ends"},
                                    {"last", 60, 4, "seconds after the start at which the last task ends"},
                                    {"short", 50, 2, "new tasks of each of four durations"},
                                    {"longest", 27, 4, "seconds that the longest of these take"}},
                                   seedance::bench::Run);
}
