// Start of the gateway with many stored tasks, against one with an empty store: time until it serves, and memory.
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/resident_memory.h"
#include "tests/bench/stored_tasks.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {
namespace {

struct Started {
  double milliseconds = 0;
  double megabytes = 0;
};

// Until an existing task, or for an empty store any task, is answered.
absl::StatusOr<Started> StartOnce(const std::string& sandbox_url, const std::string& sqlite_path,
                                  const std::string& task) {
  testing::GatewayOptions options = FastGateway();
  options.sandbox_url = sandbox_url;
  options.sqlite_path = sqlite_path;
  options.poll_interval_queued = options.poll_interval_running = absl::Seconds(15);
  const absl::Time start = absl::Now();
  auto gateway = testing::GatewayProcess::Start(options);
  if (!gateway.ok()) return gateway.status();
  e2e::Api api((*gateway)->address(), "");
  const auto answer = api.GetTask(task);
  if (!answer.ok() && answer.status.error_code() != grpc::StatusCode::NOT_FOUND) {
    return absl::UnavailableError(answer.status.error_message());
  }
  Started started;
  started.milliseconds = absl::ToDoubleMilliseconds(absl::Now() - start);
  started.megabytes = static_cast<double>(ResidentMemory((*gateway)->process().pid()).PeakKb()) / 1024;
  const absl::StatusOr<int> stopped = (*gateway)->Stop(SIGTERM);
  if (!stopped.ok()) return stopped.status();
  return started;
}

bool Run(Bench& bench) {
  const int all = bench.Number("tasks");
  const int open = bench.Number("open");
  auto sandbox = testing::SandboxProcess::Start({"--speed", "1", "--task-seconds", "3600"});
  if (!bench.Check(sandbox.status(), "sandbox")) return false;
  Vendor direct((*sandbox)->url());
  testing::TempDir dir;
  bench.Progress(absl::StrCat("stores ", all, " tasks"));
  const auto running = StoreRunningTasks(**sandbox, direct, dir.File("full.db"), open, "[stuck]");
  if (!bench.Check(running.status(), "running tasks")) return false;
  std::vector<StoredTask> ended;
  for (int i = open; i < all; ++i) ended.push_back(StoredTask::Succeeded(std::string(200, 'x')));
  if (!bench.Check(WriteTasks(dir.File("full.db"), ended), "ended tasks")) return false;

  Row time;
  time.id = "start_up_time";
  time.what = absl::StrCat("start with ", all, " stored tasks (", open, " of them open): time until it serves");
  time.unit = "ms";
  time.yardstick_name = "empty store";
  time.judged = Row::Judged::kDifference;
  Row memory = time;
  memory.id = "start_up_memory";
  memory.what = absl::StrCat("start with ", all, " stored tasks: peak resident memory");
  memory.unit = "MB";
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    const auto full = StartOnce((*sandbox)->url(), dir.File("full.db"), running->front().task.name());
    const auto empty =
        StartOnce((*sandbox)->url(), dir.File(absl::StrCat("empty", round, ".db")), running->front().task.name());
    if (!bench.Check(full.status(), "full store") || !bench.Check(empty.status(), "empty store")) return false;
    time.ours.push_back(full->milliseconds);
    time.yardstick.push_back(empty->milliseconds);
    memory.ours.push_back(full->megabytes);
    memory.yardstick.push_back(empty->megabytes);
  }
  bench.Add(time);
  bench.Add(memory);
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(
      argc, argv, "start_up", "start with many stored tasks",
      {{"rounds", 5, 1, "starts"}, {"tasks", 100000, 500, "stored tasks"}, {"open", 1000, 50, "of them open"}},
      seedance::bench::Run);
}
