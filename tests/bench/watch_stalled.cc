// What readers that do not read cost the others, and the gateway: two gateways with as many watch streams each, take
// turns with a change; in one of them one stream of twenty is stalled. Deliveries of the reading streams are compared.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/bench.h"
#include "tests/bench/resident_memory.h"
#include "tests/bench/stalled_readers.h"
#include "tests/bench/watch_load.h"
#include "tests/bench/watched_task.h"

namespace seedance::bench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr double kMostRatio = 1.10;
constexpr double kMostKilobytes = 64;
constexpr int kPromptCharacters = 3000;  // So that what is kept for a stalled reader shows.
constexpr int kConnections = 20;

// A gateway with a watched task and its readers. The streams of `others` lie on connections of their own, as stalled
// ones do, and do read.
struct Crowd {
  BenchStack stack;
  WatchedTask task;
  std::unique_ptr<WatchLoad> readers;
  std::unique_ptr<WatchLoad> others;
  std::unique_ptr<StalledReaders> stalled;

  static absl::StatusOr<std::unique_ptr<Crowd>> Start(int readers);
  bool AddOthers(int streams);
  bool AddStalled(int streams);
  int64_t MemoryKb() { return ResidentMemory(stack.gateway->process().pid()).NowKb(); }

  // The delays of the readers after one change.
  absl::StatusOr<WatchLoad::Round> Change();
};

absl::StatusOr<std::unique_ptr<Crowd>> Crowd::Start(int readers) {
  auto crowd = std::make_unique<Crowd>();
  auto stack = BenchStack::Start(StoppedSandbox(kWatchedTaskSeconds));
  if (!stack.ok()) return stack.status();
  crowd->stack = *std::move(stack);
  auto task = WatchedTask::Start(crowd->stack, kPromptCharacters);
  if (!task.ok()) return task.status();
  crowd->task = *task;
  const std::string& address = crowd->stack.gateway->address();
  crowd->readers = std::make_unique<WatchLoad>(address, std::vector<std::string>{task->name()}, readers, kConnections);
  if (!crowd->readers->AwaitOpen(kPatience)) return absl::DeadlineExceededError("the streams did not open");
  return crowd;
}

bool Crowd::AddOthers(int streams) {
  others =
      std::make_unique<WatchLoad>(stack.gateway->address(), std::vector<std::string>{task.name()}, streams, streams);
  return others->AwaitOpen(kPatience);
}

bool Crowd::AddStalled(int streams) {
  stalled = std::make_unique<StalledReaders>(stack.gateway->address(), task.name(), streams);
  return stalled->AwaitOpen(kPatience);
}

absl::StatusOr<WatchLoad::Round> Crowd::Change() {
  readers->BeginRound();
  if (!WatchedTask::Change(stack)) return absl::UnavailableError("the change failed");
  WatchLoad::Round round = readers->AwaitRound(kPatience);
  if (!round.complete) return absl::DeadlineExceededError("not every reader had the change");
  return round;
}

bool Turn(Bench& bench, Crowd& crowd, std::vector<double>& p99) {
  const absl::StatusOr<WatchLoad::Round> round = crowd.Change();
  if (!bench.Check(round.status(), "change")) return false;
  p99.push_back(round->Quantile(0.99));
  return true;
}

// Memory of the gateway that each stalled stream holds after several changes that it did not read.
bool MeasureMemory(Bench& bench, Crowd& crowd, int streams, int64_t before) {
  Row row;
  row.id = "stalled_memory";
  row.what = "memory of a stalled reader";
  row.unit = "kB";
  row.ours = {static_cast<double>(crowd.MemoryKb() - before) / streams};
  row.goal = Goal::AtMost(kMostKilobytes);
  row.note = absl::StrCat(streams, " streams, each on a connection of its own, after ", 2 * bench.Number("changes"),
                          " changes with messages of ", crowd.task.message.ByteSizeLong(), " bytes");
  bench.Add(row);
  return true;
}

bool Run(Bench& bench) {
  const int streams = bench.Number("streams");
  const int idle = streams / 20;
  auto with = Crowd::Start(streams - idle);
  auto without = Crowd::Start(streams - idle);
  if (!bench.Check(with.status(), "gateway") || !bench.Check(without.status(), "gateway")) return false;
  Row p99;
  p99.id = "stalled_p99";
  p99.what = absl::StrCat("p99 delivery to ", streams - idle, " readers beside ", idle, " stalled ones");
  p99.unit = "ms";
  p99.yardstick_name = "without stalled ones";
  p99.judged = Row::Judged::kRatio;
  p99.goal = Goal::AtMost(kMostRatio);
  // First changes without stalled readers in either, so that the memory of both is settled.
  std::vector<double> ignored;
  for (int i = 0; i < bench.Number("changes"); ++i) {
    if (!Turn(bench, **with, ignored) || !Turn(bench, **without, ignored)) return false;
  }
  const int64_t before = (*with)->MemoryKb();
  if (!(*with)->AddStalled(idle) || !(*without)->AddOthers(idle)) return bench.Fail("the streams did not open");
  // The pairs swap their order, so that none always comes first.
  for (int i = 0; i < 2 * bench.Number("changes"); ++i) {
    const bool swap = i % 2 == 1;
    if (!Turn(bench, swap ? **without : **with, swap ? p99.yardstick : p99.ours)) return false;
    if (!Turn(bench, swap ? **with : **without, swap ? p99.ours : p99.yardstick)) return false;
  }
  bench.Add(p99);
  if ((*with)->stalled->ended() > 0) return bench.Fail("stalled streams were ended");
  return MeasureMemory(bench, **with, idle, before);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(
      argc, argv, "watch_stalled", "what readers that do not read cost",
      {{"streams", 1000, 100, "watch streams, one of twenty stalled"},
       {"changes", 14, 2, "changes before there are stalled readers, and half of those after; at most 14"}},
      seedance::bench::Run);
}
