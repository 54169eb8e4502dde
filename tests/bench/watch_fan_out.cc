// How long one change takes to reach all watchers, against a bare gRPC server that sends messages of the same size to
// as many streams of the same client. Both have their streams open at the same time and take turns. A delay counts from
// the update_time in the message: in the gateway that is before the change is committed.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/bare_process.h"
#include "tests/bench/bench.h"
#include "tests/bench/watch_load.h"
#include "tests/bench/watched_task.h"

namespace seedance::bench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr double kMostRatio = 1.5;

bool Turn(Bench& bench, WatchLoad& load, const std::function<bool()>& change, std::vector<double>& last,
          std::vector<double>& p50) {
  load.BeginRound();
  if (!change()) return bench.Fail("the change failed");
  const WatchLoad::Round round = load.AwaitRound(kPatience);
  if (!round.complete) return bench.Fail("not every stream had the change");
  last.push_back(round.Last());
  p50.push_back(round.Quantile(0.5));
  return true;
}

bool Measure(Bench& bench, BenchStack& stack, const std::string& id, int streams) {
  const absl::StatusOr<WatchedTask> task = WatchedTask::Start(stack);
  if (!bench.Check(task.status(), "task")) return false;
  const auto bare = BareProcess::Start(task->message);
  if (!bench.Check(bare.status(), "bare server")) return false;
  e2e::Api bare_api((*bare)->address(), "");
  const int connections = std::min(streams, bench.Number("connections"));
  WatchLoad ours(stack.gateway->address(), {task->name()}, streams, connections);
  WatchLoad theirs((*bare)->address(), {"any"}, streams, connections);
  if (!ours.AwaitOpen(kPatience) || !theirs.AwaitOpen(kPatience)) return bench.Fail("the streams did not open");

  Row last;
  last.id = id;
  last.what = absl::StrCat("one change to ", streams, " watchers: last delivery");
  last.unit = "ms";
  last.yardstick_name = "bare server";
  last.judged = Row::Judged::kRatio;
  last.note = absl::StrCat("message of ", task->message.ByteSizeLong(), " bytes, ", connections, " connections");
  if (streams == bench.Number("most")) last.goal = Goal::AtMost(kMostRatio);
  Row p50 = last;
  p50.id += "_p50";
  p50.what = absl::StrCat("one change to ", streams, " watchers: half of the deliveries");
  p50.goal.reset();
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    if (!Turn(
            bench, ours, [&] { return WatchedTask::Change(stack); }, last.ours, p50.ours) ||
        !Turn(
            bench, theirs, [&] { return bare_api.CancelTask("any").ok(); }, last.yardstick, p50.yardstick)) {
      return false;
    }
  }
  if (ours.failures() + theirs.failures() > 0) return bench.Fail("streams ended");
  bench.Add(last);
  if (streams > 1) bench.Add(p50);
  return true;
}

bool Run(Bench& bench) {
  auto stack = BenchStack::Start(StoppedSandbox(kWatchedTaskSeconds));
  if (!bench.Check(stack.status(), "gateway")) return false;
  for (const int streams : {1, 100, 1000}) {
    if (streams < bench.Number("most") && !Measure(bench, *stack, absl::StrCat("fan_out_", streams), streams)) {
      return false;
    }
  }
  return Measure(bench, *stack, "fan_out_most", bench.Number("most"));
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "watch_fan_out", "time of one change to reach all watchers",
                                   {{"rounds", 15, 2, "changes, at most 45"},
                                    {"most", 10000, 100, "streams of the last row"},
                                    {"connections", 100, 10, "connections"}},
                                   seedance::bench::Run);
}
