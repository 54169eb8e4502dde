// Resident memory of the gateway: idle, and with running tasks that are followed.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bare_process.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/resident_memory.h"
#include "tests/bench/stored_tasks.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {
namespace {

double Megabytes(pid_t pid) { return static_cast<double>(ResidentMemory(pid).NowKb()) / 1024; }

// After it has answered a call.
absl::StatusOr<double> Idle() {
  auto stack = BenchStack::Start();
  if (!stack.ok()) return stack.status();
  if (stack->api->GetTask("generationTasks/0190c0de-0000-7000-8000-000000000000").ok()) {
    return absl::InternalError("there is a task");
  }
  return Megabytes(stack->gateway->process().pid());
}

absl::StatusOr<double> IdleBare() {
  auto bare = BareProcess::Start({});
  if (!bare.ok()) return bare.status();
  e2e::Api api((*bare)->address(), "");
  if (!api.GetTask("any").ok()) return absl::InternalError("the bare server does not answer");
  return Megabytes((*bare)->pid());
}

absl::StatusOr<double> WithTasks(int tasks, int seconds) {
  auto sandbox = testing::SandboxProcess::Start({"--speed", "1", "--task-seconds", "3600"});
  if (!sandbox.ok()) return sandbox.status();
  Vendor direct((*sandbox)->url());
  testing::TempDir dir;
  const auto stored = StoreRunningTasks(**sandbox, direct, dir.File("gateway.db"), tasks, "[stuck] a fox");
  if (!stored.ok()) return stored.status();
  testing::GatewayOptions options = FastGateway();
  options.sqlite_path = dir.File("gateway.db");
  options.sandbox_url = (*sandbox)->url();
  options.poll_interval_queued = options.poll_interval_running = absl::Seconds(5);
  auto gateway = testing::GatewayProcess::Start(options);
  if (!gateway.ok()) return gateway.status();
  absl::SleepFor(absl::Seconds(seconds));
  return Megabytes((*gateway)->process().pid());
}

bool Run(Bench& bench) {
  Row idle;
  idle.id = "memory_idle";
  idle.what = "idle: resident memory";
  idle.unit = "MB";
  idle.yardstick_name = "bare server";
  idle.goal = Goal::AtMost(30);
  Row busy;
  busy.id = "memory_tasks";
  busy.what = absl::StrCat(bench.Number("tasks"), " running tasks, polled every 5 s: resident memory");
  busy.unit = "MB";
  busy.goal = Goal::AtMost(120);
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    const absl::StatusOr<double> ours = Idle();
    const absl::StatusOr<double> bare = IdleBare();
    const absl::StatusOr<double> tasks = WithTasks(bench.Number("tasks"), bench.Number("seconds"));
    if (!bench.Check(ours.status(), "idle") || !bench.Check(bare.status(), "bare server") ||
        !bench.Check(tasks.status(), "with tasks")) {
      return false;
    }
    idle.ours.push_back(*ours);
    idle.yardstick.push_back(*bare);
    busy.ours.push_back(*tasks);
  }
  bench.Add(idle);
  bench.Add(busy);
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(
      argc, argv, "footprint", "resident memory, idle and with running tasks",
      {{"rounds", 3, 1, "rounds"}, {"tasks", 1000, 50, "running tasks"}, {"seconds", 15, 1, "time of following them"}},
      seedance::bench::Run);
}
