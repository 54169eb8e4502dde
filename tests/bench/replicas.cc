// Gateways that share a PostgreSQL, one and three of them, against one gateway on SQLite; how late a change at one is
// seen at another; and how many polls three hold. Gateways, database, vendor and clients share this machine: three
// gateways have the processors of one.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/store/postgres/postgres_store.h"
#include "service/store/sql/copy_store.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/closed_loop.h"
#include "tests/bench/cluster.h"
#include "tests/bench/stored_tasks.h"
#include "tests/bench/vendor.h"
#include "tests/testing/eventually.h"
#include "tests/testing/postgres_process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;
using testing::Eventually;
using testing::PostgresProcess;

constexpr char kPollRoute[] = "GET /v1/video/generations/{id}";
constexpr int kInFlight = 16;
constexpr int kReplicas = 3;
constexpr double kMostLagMillis = 100;

using Call = std::function<bool(Cluster& cluster, int slot)>;

bool MeasureCalls(Bench& bench, const std::string& id, const std::string& what, Cluster& ours, Cluster& sqlite,
                  const Call& call) {
  const absl::Duration time = absl::Milliseconds(bench.Number("milliseconds"));
  Row row;
  row.id = id;
  row.what = what;
  row.unit = "calls/s";
  row.yardstick_name = "one gateway on SQLite";
  row.judged = Row::Judged::kRatio;
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    const LoopResult mine = RunThreads(kInFlight, time, [&](int slot) { return call(ours, slot); });
    const LoopResult theirs = RunThreads(kInFlight, time, [&](int slot) { return call(sqlite, slot); });
    if (mine.failures + theirs.failures > 0) return bench.Fail(what + ": a call failed");
    row.ours.push_back(mine.per_second);
    row.yardstick.push_back(theirs.per_second);
  }
  bench.Add(row);
  return true;
}

bool MeasureCluster(Bench& bench, const std::string& sandbox_url, int replicas) {
  const auto sqlite = Cluster::Start(sandbox_url, 0, "");
  const auto ours = Cluster::Start(sandbox_url, replicas, absl::StrCat("bench_", replicas));
  if (!bench.Check(sqlite.status(), "gateway on SQLite") || !bench.Check(ours.status(), "gateways")) return false;
  const std::string gateways = absl::StrCat(replicas, replicas == 1 ? " gateway" : " gateways", " on PostgreSQL");
  std::vector<std::string> names;  // Of a task of each.
  for (Cluster* cluster : {ours->get(), sqlite->get()}) {
    const auto task = Cluster::Create(cluster->Of(0));
    if (!task.ok()) return bench.Fail("no task");
    names.push_back(task.value.name());
  }
  return MeasureCalls(bench, absl::StrCat("replicas_get_", replicas), "GetGenerationTask, " + gateways, **ours,
                      **sqlite,
                      [&](Cluster& cluster, int slot) {
                        return cluster.Of(slot).GetTask(names[&cluster == ours->get() ? 0 : 1]).ok();
                      }) &&
         MeasureCalls(bench, absl::StrCat("replicas_create_", replicas), "CreateGenerationTask, " + gateways, **ours,
                      **sqlite, [](Cluster& cluster, int slot) { return Cluster::Create(cluster.Of(slot)).ok(); });
}

// A store that shares a schema, and the newest revision that it has found by being told to look.
class Follower {
 public:
  explicit Follower(std::unique_ptr<store::Store> store) : store_(std::move(store)) {
    seen_ = store_->GetHistoryBounds()->newest;
    (void)store_->ownership().Start(
        {[](const store::ShardSet&) { return absl::OkStatus(); }, [](const store::ShardSet&) {}, [this] { Look(); }});
  }
  ~Follower() { store_->ownership().Stop(); }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  store::Store& store() { return *store_; }
  bool Await(int64_t revision) {
    return Eventually([&] { return seen_ >= revision; }, absl::Seconds(10));
  }

 private:
  void Look() {
    const auto changes = store_->ListChanges(seen_, 100);
    if (changes.ok() && !changes->empty()) seen_ = changes->back().revision;
  }

  const std::unique_ptr<store::Store> store_;
  std::atomic<int64_t> seen_ = 0;
};

std::unique_ptr<Follower> Share(Bench& bench) {
  store::postgres::PostgresOptions options;
  options.connection = PostgresProcess::Shared().connection();
  options.schema = "bench_lag";
  options.replica = store::postgres::ReplicaOptions();
  auto store = store::postgres::OpenPostgresStore(options);
  return bench.Check(store.status(), "PostgreSQL") ? std::make_unique<Follower>(*std::move(store)) : nullptr;
}

bool MeasureLag(Bench& bench) {
  const std::unique_ptr<Follower> writer = Share(bench);
  const std::unique_ptr<Follower> reader = Share(bench);
  if (writer == nullptr || reader == nullptr) return false;
  Row p50;
  Row p99;
  for (Row* row : {&p50, &p99}) {
    const bool median = row == &p50;
    row->id = absl::StrCat("replicas_lag_", median ? "p50" : "p99");
    row->what = absl::StrCat("a change at one gateway until another one has read it, ", median ? "p50" : "p99");
    row->unit = "ms";
  }
  p99.goal = Goal::AtMost(kMostLagMillis);
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    std::vector<double> lags;
    for (int i = 0; i < bench.Number("changes"); ++i) {
      model::Asset asset;
      asset.handle = {"anyfast", absl::StrCat("a", i)};
      asset.tenant = "default";
      const auto written = writer->store().PutAsset(asset);
      const absl::Time committed = absl::Now();
      if (!bench.Check(written.status(), "write")) return false;
      if (!reader->Await(written->revision)) return bench.Fail("a change was not seen");
      lags.push_back(absl::ToDoubleMilliseconds(absl::Now() - committed));
    }
    std::sort(lags.begin(), lags.end());
    p50.ours.push_back(lags[lags.size() / 2]);
    p99.ours.push_back(lags[lags.size() * 99 / 100]);
  }
  bench.Add(p50);
  bench.Add(p99);
  return true;
}

// Polls a second that the gateways make of many running tasks.
absl::StatusOr<double> HeldPolls(Bench& bench, int tasks, absl::Duration pace) {
  auto sandbox = testing::SandboxProcess::Start({"--speed", "1", "--task-seconds", "60"});
  if (!sandbox.ok()) return sandbox.status();
  Vendor direct((*sandbox)->url());
  const testing::TempDir dir;
  bench.Progress(absl::StrCat("creates ", tasks, " tasks"));
  const auto stored = StoreRunningTasks(**sandbox, direct, dir.File("gateway.db"), tasks, "[stuck] a fox");
  if (!stored.ok()) return stored.status();
  {
    store::sqlite::SqliteOptions from;
    from.path = dir.File("gateway.db");
    const auto source = store::sqlite::OpenRawSqliteStore(from);
    if (!source.ok()) return source.status();
    store::postgres::PostgresOptions to;
    to.connection = PostgresProcess::Shared().connection();
    to.schema = "bench_polls";
    const auto target = store::postgres::OpenRawPostgresStore(to);
    if (!target.ok()) return target.status();
    const auto copied = store::sql::CopyStore(**source, **target, absl::Now());
    if (!copied.ok()) return copied.status();
  }
  testing::GatewayOptions options = FastGateway();
  options.poll_interval_queued = options.poll_interval_running = options.poll_interval_unwatched = pace;
  const auto cluster = Cluster::Start((*sandbox)->url(), kReplicas, "bench_polls", options);
  if (!cluster.ok()) return cluster.status();
  const auto polls = [&]() -> absl::StatusOr<int64_t> {
    const auto requests = (*sandbox)->Requests();
    if (!requests.ok()) return requests.status();
    return requests->Count(kPollRoute);
  };
  // After the first round, in which all are due at once.
  absl::SleepFor(pace * 2);
  const absl::StatusOr<int64_t> before = polls();
  const absl::Time begin = absl::Now();
  absl::SleepFor(pace * 3);
  const absl::StatusOr<int64_t> after = polls();
  if (!before.ok() || !after.ok()) return before.ok() ? after.status() : before.status();
  return static_cast<double>(*after - *before) / absl::ToDoubleSeconds(absl::Now() - begin);
}

bool MeasurePolls(Bench& bench) {
  const int tasks = bench.Number("tasks");
  const absl::Duration pace = absl::Seconds(bench.Number("pace"));
  const absl::StatusOr<double> held = HeldPolls(bench, tasks, pace);
  if (!bench.Check(held.status(), "polls")) return false;
  Row row;
  row.id = "replicas_polls";
  row.what = absl::StrCat(tasks, " running tasks at ", kReplicas, " gateways, pace ", absl::FormatDuration(pace));
  row.unit = "polls/s";
  row.ours = {*held};
  row.yardstick_name = "what the pace asks for";
  row.yardstick = {tasks / absl::ToDoubleSeconds(pace)};
  row.judged = Row::Judged::kRatio;
  bench.Add(row);
  return true;
}

bool Run(Bench& bench) {
  const auto sandbox = testing::SandboxProcess::Start({"--task-seconds", "1"});
  if (!bench.Check(sandbox.status(), "sandbox")) return false;
  for (const int replicas : {1, kReplicas}) {
    if (!MeasureCluster(bench, (*sandbox)->url(), replicas)) return false;
  }
  return MeasureLag(bench) && MeasurePolls(bench);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "replicas", "gateways that share a PostgreSQL against one on SQLite",
                                   {{"rounds", 5, 1, "rounds"},
                                    {"milliseconds", 2000, 50, "time of one measurement"},
                                    {"changes", 400, 5, "changes of one measurement of the lag"},
                                    {"tasks", 10000, 50, "running tasks"},
                                    {"pace", 10, 1, "seconds between two polls of a task"}},
                                   seedance::bench::Run);
}
