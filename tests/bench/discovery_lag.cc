// How long after a task has ended at the vendor a watcher knows it: many running tasks, each with a watcher, under a
// cap on polls. The tasks stand in the store when the gateway starts, and end over 40 s, from 20 s after its start on.
#include <algorithm>
#include <memory>
#include <string>
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
  return true;
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
                                    {"last", 60, 4, "seconds after the start at which the last task ends"}},
                                   seedance::bench::Run);
}
