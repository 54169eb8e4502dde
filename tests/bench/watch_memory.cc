// Memory of an idle watch stream, against a bare gRPC server with the same number of streams of the same client. Each
// round has processes of its own, because neither gives memory back.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bare_process.h"
#include "tests/bench/bench.h"
#include "tests/bench/resident_memory.h"
#include "tests/bench/watch_load.h"
#include "tests/bench/watched_task.h"

namespace seedance::bench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(5);
constexpr double kMostRatio = 1.25;
constexpr double kMostKilobytes = 22;

struct Opened {
  double kilobytes = 0;  // Per stream.
  double per_second = 0;
};

absl::StatusOr<Opened> Open(const std::string& endpoint, const std::string& task, pid_t pid, int streams,
                            int connections) {
  const ResidentMemory memory(pid);
  {
    // The first streams pay for what is there once.
    WatchLoad warm_up(endpoint, {task}, connections, connections);
    if (!warm_up.AwaitOpen(kPatience)) return absl::DeadlineExceededError("the first streams did not open");
  }
  const int64_t before = memory.NowKb();
  const absl::Time start = absl::Now();
  WatchLoad load(endpoint, {task}, streams, connections);
  if (!load.AwaitOpen(kPatience)) return absl::DeadlineExceededError("the streams did not open");
  Opened opened;
  opened.per_second = streams / absl::ToDoubleSeconds(absl::Now() - start);
  opened.kilobytes = static_cast<double>(memory.NowKb() - before) / streams;
  if (load.failures() > 0) return absl::AbortedError("streams ended");
  return opened;
}

bool Measure(Bench& bench, const std::string& id, int streams, int rounds) {
  const int connections = bench.Number("connections");
  Row memory;
  memory.id = id;
  memory.what = absl::StrCat(streams, " idle watch streams: memory of each");
  memory.unit = "kB";
  memory.yardstick_name = "bare server";
  memory.judged = Row::Judged::kRatio;
  memory.goal = Goal::AtMost(kMostRatio);
  memory.note = absl::StrCat(connections, " connections");
  Row rate = memory;
  rate.id = id + "_open";
  rate.what = absl::StrCat(streams, " watch streams: opened and served with their first message");
  rate.unit = "streams/s";
  rate.goal.reset();
  for (int round = 0; round < rounds; ++round) {
    bench.Progress(absl::StrCat(streams, " streams, round ", round + 1, " of ", rounds));
    auto stack = BenchStack::Start(StoppedSandbox(kWatchedTaskSeconds));
    if (!bench.Check(stack.status(), "gateway")) return false;
    const absl::StatusOr<WatchedTask> task = WatchedTask::Start(*stack);
    if (!bench.Check(task.status(), "task")) return false;
    const auto ours =
        Open(stack->gateway->address(), task->name(), stack->gateway->process().pid(), streams, connections);
    if (!bench.Check(ours.status(), "streams of the gateway")) return false;
    const auto bare = BareProcess::Start(task->message);
    if (!bench.Check(bare.status(), "bare server")) return false;
    const auto theirs = Open((*bare)->address(), "any", (*bare)->pid(), streams, connections);
    if (!bench.Check(theirs.status(), "streams of the bare server")) return false;
    memory.ours.push_back(ours->kilobytes);
    memory.yardstick.push_back(theirs->kilobytes);
    rate.ours.push_back(ours->per_second);
    rate.yardstick.push_back(theirs->per_second);
  }
  bench.Add(memory);
  Row absolute = memory;
  absolute.id += "_kb";
  absolute.what += ", absolute";
  absolute.judged = Row::Judged::kFigure;
  absolute.goal = Goal::AtMost(kMostKilobytes);
  bench.Add(absolute);
  bench.Add(rate);
  return true;
}

bool Run(Bench& bench) {
  if (!Measure(bench, "watch_memory", bench.Number("streams"), bench.Number("rounds"))) return false;
  return bench.quick() ||
         Measure(bench, "watch_memory_most", bench.Number("most-streams"), bench.Number("most-rounds"));
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "watch_memory", "memory of idle watch streams",
                                   {{"streams", 10000, 100, "streams of the first row"},
                                    {"rounds", 3, 1, "rounds of the first row"},
                                    {"most-streams", 50000, 100, "streams of the second row, not in the quick form"},
                                    {"most-rounds", 1, 1, "rounds of the second row"},
                                    {"connections", 100, 10, "connections"}},
                                   seedance::bench::Run);
}
