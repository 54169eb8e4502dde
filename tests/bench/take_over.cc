// A process dies, a standby on the same store takes over: time until it serves calls and polls the running task again.
#include <signal.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/vendor.h"
#include "tests/testing/eventually.h"
#include "tests/testing/process.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;

constexpr char kId[] = "take_over";
constexpr char kWhat[] = "standby after kill -9: until it serves calls and polls the running task";
constexpr double kMostSeconds = 10;

// A second gateway on the store of the first, which waits until the first is gone.
class Standby {
 public:
  static absl::StatusOr<std::unique_ptr<Standby>> Start(BenchStack& stack, testing::GatewayOptions options) {
    auto standby = std::unique_ptr<Standby>(new Standby);
    options.sandbox_url = stack.sandbox->url();
    const std::string store = absl::StrCat("    path: \"", stack.gateway->sqlite_path(), "\"\n");
    const std::string yaml = testing::GatewayConfigYaml(
        options, {"127.0.0.1:0", standby->dir_.File("port"), stack.gateway->sqlite_path(), "", ""});
    const std::string config = absl::StrReplaceAll(yaml, {{store, absl::StrCat(store, "    wait_for_lock: 600s\n")},
                                                          {"env: SEEDANCE_TEST_VENDOR_KEY", "env: STANDBY_KEY"}});
    if (!testing::WriteFile(standby->dir_.File("config.yaml"), config)) return absl::InternalError("no configuration");
    testing::Process::Options process;
    process.argv = {SEEDANCE_GATEWAY_BINARY, "--config", standby->dir_.File("config.yaml")};
    process.env["STANDBY_KEY"] = options.key;
    process.stdout_path = process.stderr_path = standby->dir_.File("log");
    auto started = testing::Process::Start(process);
    if (!started.ok()) return started.status();
    standby->process_ = *std::move(started);
    return standby;
  }

  bool running() { return process_->running(); }
  std::string Log() const { return testing::ReadFile(dir_.File("log")); }
  // Empty until it listens.
  std::string address() const { return std::string(absl::StripAsciiWhitespace(testing::ReadFile(dir_.File("port")))); }

 private:
  Standby() = default;

  testing::TempDir dir_;
  std::unique_ptr<testing::Process> process_;
};

int64_t Polls(const VendorView& vendor, const std::string& id) {
  const auto tasks = vendor.Tasks();
  if (!tasks.ok()) return -1;
  for (const VendorTask& task : *tasks) {
    if (task.id == id) return task.polls;
  }
  return -1;
}

// Seconds; nothing when the bench failed. `refusal` is set when this build has no standby.
std::optional<double> Measure(Bench& bench, std::string& refusal) {
  testing::GatewayOptions options = FastGateway();
  options.poll_interval_queued = options.poll_interval_running = absl::Seconds(1);
  auto stack = BenchStack::Start({"--speed", "1", "--task-seconds", "600"}, options);
  if (!bench.Check(stack.status(), "gateway")) return std::nullopt;
  v1::GenerationTask request;
  request.set_prompt("[stuck]");
  const auto task = stack->api->CreateTask(request);
  const auto vendor = VendorView::Of(*stack->sandbox);
  if (!task.ok() || !vendor.ok()) return bench.Fail("no task"), std::nullopt;
  auto standby = Standby::Start(*stack, options);
  if (!bench.Check(standby.status(), "standby")) return std::nullopt;
  // It must neither end nor serve while the first one lives.
  const bool waits =
      testing::Always([&] { return (*standby)->running() && (*standby)->address().empty(); }, absl::Seconds(1));
  if (!waits) {
    refusal = absl::StrCat("store.sqlite.wait_for_lock does not make a second process wait: ",
                           (*standby)->Log().substr(0, 300));
    return std::nullopt;
  }

  const auto killed = stack->gateway->Stop(SIGKILL);
  const absl::Time death = absl::Now();
  if (!bench.Check(killed.status(), "kill")) return std::nullopt;
  const int64_t polls = Polls(*vendor, task.value.upstream_task_id());
  if (!testing::Eventually([&] { return !(*standby)->address().empty(); }, absl::Minutes(1))) {
    return bench.Fail("the standby does not listen"), std::nullopt;
  }
  e2e::Api api((*standby)->address(), "");
  const bool serves = testing::Eventually([&] { return api.GetTask(task.value.name()).ok(); }, absl::Minutes(1));
  const bool polled =
      testing::Eventually([&] { return Polls(*vendor, task.value.upstream_task_id()) > polls; }, absl::Minutes(1));
  if (!serves || !polled) return bench.Fail("the standby does not take over"), std::nullopt;
  return absl::ToDoubleSeconds(absl::Now() - death);
}

bool Run(Bench& bench) {
  Row row;
  row.id = kId;
  row.what = kWhat;
  row.unit = "s";
  row.goal = Goal::AtMost(kMostSeconds);
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    std::string refusal;
    const std::optional<double> seconds = Measure(bench, refusal);
    if (!refusal.empty()) return bench.Skip(kId, kWhat, refusal), true;
    if (!seconds.has_value()) return false;
    row.ours.push_back(*seconds);
  }
  bench.Add(row);
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "take_over", "a standby takes over from a process that was killed",
                                   {{"rounds", 5, 1, "rounds"}}, seedance::bench::Run);
}
