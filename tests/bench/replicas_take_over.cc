// One of three gateways that share a PostgreSQL dies, or stops: time until another one has polled its task and says
// that it has ended.
#include <signal.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/cluster.h"
#include "tests/testing/eventually.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;
using testing::Eventually;

constexpr int kReplicas = 3;
constexpr int kTaskSeconds = 30;
constexpr absl::Duration kPatience = absl::Minutes(1);

// Whether the gateway says that the task has this state.
bool IsIn(e2e::Api& api, const std::string& name, v1::GenerationTask::State state) {
  const auto task = api.GetTask(name);
  return task.ok() && task.value.state() == state;
}

// Seconds until another gateway than `victim` knows the end of the victim's task.
absl::StatusOr<double> TakeOver(testing::SandboxProcess& sandbox, Cluster& cluster, int victim, int signal) {
  e2e::Api& heir = cluster.Of(victim + 1);
  e2e::Answer<v1::GenerationTask> created;
  if (!Eventually([&] { return (created = Cluster::Create(cluster.Of(victim))).ok(); }, kPatience)) {
    return absl::UnavailableError("no task");
  }
  const std::string name = created.value.name();
  if (!Eventually([&] { return IsIn(heir, name, v1::GenerationTask::STATE_QUEUED); }, kPatience)) {
    return absl::UnavailableError("the task is not accepted");
  }
  const auto stopped = cluster.Gateway(victim).Stop(signal, kPatience);
  if (!stopped.ok()) return stopped.status();
  const absl::Time begin = absl::Now();
  if (absl::Status moved = sandbox.Advance(absl::Seconds(kTaskSeconds + 1)); !moved.ok()) return moved;
  if (!Eventually([&] { return IsIn(heir, name, v1::GenerationTask::STATE_SUCCEEDED); }, kPatience)) {
    return absl::UnavailableError("nobody has taken the task over");
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  if (absl::Status restarted = cluster.Gateway(victim).Restart(); !restarted.ok()) return restarted;
  return seconds;
}

bool Measure(Bench& bench, testing::SandboxProcess& sandbox, Cluster& cluster, int signal, const std::string& id,
             const std::string& what, double most_seconds) {
  std::vector<double> seconds;
  for (int i = 0; i < bench.Number("times"); ++i) {
    const absl::StatusOr<double> took = TakeOver(sandbox, cluster, i, signal);
    if (!bench.Check(took.status(), what)) return false;
    seconds.push_back(*took);
  }
  std::sort(seconds.begin(), seconds.end());
  Row row;
  row.id = id;
  row.what = absl::StrCat(what, ", p99 of ", seconds.size());
  row.unit = "s";
  row.ours = {seconds[seconds.size() * 99 / 100]};
  row.goal = Goal::AtMost(most_seconds);
  row.note = absl::StrCat("median ", FigureText(seconds[seconds.size() / 2]));
  bench.Add(row);
  return true;
}

bool Run(Bench& bench) {
  const auto sandbox = testing::SandboxProcess::Start(StoppedSandbox(kTaskSeconds));
  if (!bench.Check(sandbox.status(), "sandbox")) return false;
  testing::GatewayOptions options = FastGateway();
  options.poll_interval_queued = options.poll_interval_running = options.poll_interval_unwatched = absl::Seconds(0.5);
  const auto cluster = Cluster::Start((*sandbox)->url(), kReplicas, "bench_take_over", options);
  if (!bench.Check(cluster.status(), "gateways")) return false;
  return Measure(bench, **sandbox, **cluster, SIGKILL, "replicas_take_over",
                 "three gateways, lease 6 s: take-over after kill -9", 10) &&
         Measure(bench, **sandbox, **cluster, SIGTERM, "replicas_hand_over", "three gateways: hand-over at SIGTERM", 1);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "replicas_take_over", "time until the tasks of a gateway are another's",
                                   {{"times", 30, 1, "take-overs of each kind"}}, seedance::bench::Run);
}
