// What the gateway adds to a call: the same thing asked through it and of the vendor's REST API directly, with the same
// HTTP client. One call after the other, in turns; then creations of groups and of tasks with some calls in flight.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/closed_loop.h"
#include "tests/bench/vendor.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;

constexpr double kMostAdded = 0.25;  // Milliseconds, of the p50.
constexpr double kMostAddedToTask = 0.8;
constexpr double kMostAddedToTaskP99 = 2;
constexpr int kTasksInFlight = 64;
constexpr double kTasksPerSecond = 5000;  // With so many in flight.

// Times of one kind of call, in milliseconds.
class Times {
 public:
  void Add(absl::Duration time) { times_.push_back(absl::ToDoubleMilliseconds(time)); }

  double Quantile(double q) {
    std::sort(times_.begin(), times_.end());
    return times_[std::min(times_.size() - 1, static_cast<size_t>(q * static_cast<double>(times_.size())))];
  }

 private:
  std::vector<double> times_;
};

using Call = absl::FunctionRef<bool(int)>;

// Both in turns, so that both see the same load of the machine.
bool CompareOne(Bench& bench, Call direct, Call gateway, Row& p50, Row& p99) {
  const int calls = bench.Number("calls");
  const int warm_up = calls / 10;
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    Times direct_times;
    Times gateway_times;
    for (int i = 0; i < calls + warm_up; ++i) {
      const int number = round * (calls + warm_up) + i;
      const absl::Time start = absl::Now();
      if (!direct(number)) return bench.Fail("a direct call failed");
      const absl::Time middle = absl::Now();
      if (!gateway(number)) return bench.Fail("a call through the gateway failed");
      if (i < warm_up) continue;
      direct_times.Add(middle - start);
      gateway_times.Add(absl::Now() - middle);
    }
    p50.ours.push_back(gateway_times.Quantile(0.5));
    p50.yardstick.push_back(direct_times.Quantile(0.5));
    p99.ours.push_back(gateway_times.Quantile(0.99));
    p99.yardstick.push_back(direct_times.Quantile(0.99));
  }
  return true;
}

// Of the added time at two quantiles.
struct Goals {
  std::optional<Goal> p50;
  std::optional<Goal> p99;
};

bool Compare(Bench& bench, const std::string& id, const std::string& what, const Goals& goals, Call direct,
             Call gateway) {
  Row p50;
  p50.unit = "ms";
  p50.yardstick_name = "direct call";
  p50.judged = Row::Judged::kDifference;
  Row p99 = p50;
  p50.id = id + "_p50";
  p50.what = what + ", sequential, p50";
  p50.goal = goals.p50;
  p99.goal = goals.p99;
  p99.id = id + "_p99";
  p99.what = what + ", sequential, p99";
  if (!CompareOne(bench, direct, gateway, p50, p99)) return false;
  bench.Add(p50);
  bench.Add(p99);
  return true;
}

struct Groups {
  using Service = v1::AssetGroupService;
  using Request = v1::CreateAssetGroupRequest;
  using Response = v1::AssetGroup;
  static void Fill(Request& request) { request.mutable_asset_group()->set_display_name("bench"); }
  template <typename... Arguments>
  static void Start(Service::Stub& stub, Arguments... arguments) {
    stub.async()->CreateAssetGroup(std::move(arguments)...);
  }
};

struct Tasks {
  using Service = v1::GenerationTaskService;
  using Request = v1::CreateGenerationTaskRequest;
  using Response = v1::GenerationTask;
  static void Fill(Request& request) { request.mutable_generation_task()->set_prompt("a fox"); }
  template <typename... Arguments>
  static void Start(Service::Stub& stub, Arguments... arguments) {
    stub.async()->CreateGenerationTask(std::move(arguments)...);
  }
};

// Creates things of a kind over and over, on gRPC's callback API over four connections.
template <typename Kind>
class Creator {
 public:
  explicit Creator(const std::string& endpoint) : stubs_(endpoint, 4) {}

  LoopResult Run(int in_flight, absl::Duration time) {
    return RunAsync(in_flight, time, [this](int slot, Done done) {
      auto* call = new State;
      Kind::Fill(call->request);
      call->done = std::move(done);
      Kind::Start(stubs_.Of(slot), &call->context, &call->request, &call->response,
                  std::function<void(grpc::Status)>([call](const grpc::Status& status) {
                    const Done ended = std::move(call->done);
                    delete call;  // First: afterwards the channel may be gone.
                    ended(status.ok());
                  }));
    });
  }

 private:
  struct State {
    grpc::ClientContext context;
    typename Kind::Request request;
    typename Kind::Response response;
    Done done;
  };
  Stubs<typename Kind::Service> stubs_;
};

template <typename Kind>
bool CompareThroughput(Bench& bench, const std::string& id, const std::string& method, const std::string& endpoint,
                       const std::function<bool(int)>& direct, absl::FunctionRef<void(int, Row&)> judge) {
  Creator<Kind> gateway(endpoint);
  const absl::Duration time = absl::Milliseconds(bench.Number("milliseconds"));
  for (const int in_flight : {1, 16, 64, 256}) {
    Row row;
    row.id = absl::StrCat(id, "_", in_flight);
    row.what = absl::StrCat(method, ", ", in_flight, " in flight");
    row.unit = "calls/s";
    row.yardstick_name = "direct calls";
    row.judged = Row::Judged::kRatio;
    judge(in_flight, row);
    for (int round = 0; round < bench.Number("rounds"); ++round) {
      const LoopResult ours = gateway.Run(in_flight, time);
      const LoopResult theirs = RunThreads(in_flight, time, direct);
      if (ours.failures + theirs.failures > 0) return bench.Fail("creations failed");
      row.ours.push_back(ours.per_second);
      row.yardstick.push_back(theirs.per_second);
    }
    bench.Add(row);
  }
  return true;
}

// The vendor's id of a task that has ended, by its name.
absl::StatusOr<std::string> EndedTask(e2e::Api& api, std::string& name) {
  v1::GenerationTask task;
  task.set_prompt("a fox");
  const auto created = api.CreateTask(task);
  if (!created.ok()) return absl::UnavailableError(created.status.error_message());
  name = created.value.name();
  const e2e::TaskStream stream = api.WatchTask(name);
  if (stream.messages.empty()) return absl::UnavailableError(stream.status.error_message());
  return stream.messages.back().generation_task().upstream_task_id();
}

bool RunGroups(Bench& bench) {
  testing::GatewayOptions options = FastGateway();
  options.http = {"max_submits: 256"};  // As many as the direct client has.
  absl::StatusOr<BenchStack> stack = BenchStack::Start({}, options);
  if (!bench.Check(stack.status(), "gateway")) return false;
  e2e::Api& api = *stack->api;
  Vendor vendor(stack->sandbox->url());

  if (!Compare(
          bench, "create_group", "CreateAssetGroup (journalled, two commits)", {Goal::AtMost(kMostAdded), {}},
          [&](int i) { return vendor.CreateGroup(absl::StrCat("direct ", i)); },
          [&](int i) { return api.CreateGroup(absl::StrCat("gateway ", i)).ok(); })) {
    return false;
  }
  std::string name;
  const absl::StatusOr<std::string> id = EndedTask(api, name);
  if (!bench.Check(id.status(), "task")) return false;
  // Through the gateway this is a read of its own store: it may well be faster than the vendor.
  if (!Compare(
          bench, "get_task", "GetGenerationTask (from the store)", {}, [&](int) { return vendor.GetTask(*id); },
          [&](int) { return api.GetTask(name).ok(); })) {
    return false;
  }
  return CompareThroughput<Groups>(
      bench, "create_group", "CreateAssetGroup", stack->gateway->address(),
      [&](int) { return vendor.CreateGroup("bench"); }, [](int, Row&) {});
}

bool RunTasks(Bench& bench) {
  testing::GatewayOptions options = FastGateway();
  options.http = {"max_submits: 256"};
  options.tasks = {"max_open_per_tenant: 10000000"};
  // Their polls would be measured too.
  options.poll_interval_queued = options.poll_interval_running = options.poll_interval_unwatched = absl::Minutes(10);
  absl::StatusOr<BenchStack> stack = BenchStack::Start({"--speed", "1", "--task-seconds", "3600"}, options);
  if (!bench.Check(stack.status(), "gateway")) return false;
  Vendor vendor(stack->sandbox->url());
  v1::GenerationTask task;
  task.set_prompt("a fox");
  if (!Compare(
          bench, "create_task", "CreateGenerationTask (until the vendor has it, two commits)",
          {Goal::AtMost(kMostAddedToTask), Goal::AtMost(kMostAddedToTaskP99)},
          [&](int) { return vendor.CreateTask("a fox").ok(); },
          [&](int) { return stack->api->CreateTask(task).ok(); })) {
    return false;
  }
  return CompareThroughput<Tasks>(
      bench, "create_task", "CreateGenerationTask", stack->gateway->address(),
      [&](int) { return vendor.CreateTask("a fox").ok(); },
      [](int in_flight, Row& row) {
        if (in_flight != kTasksInFlight) return;
        row.judged = Row::Judged::kFigure;
        row.goal = Goal::AtLeast(kTasksPerSecond);
      });
}

bool Run(Bench& bench) { return RunGroups(bench) && RunTasks(bench); }

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "pass_through",
                                   "what the gateway adds to a call that it passes on to the vendor",
                                   {{"rounds", 5, 1, "rounds"},
                                    {"calls", 400, 20, "sequential calls of a round"},
                                    {"milliseconds", 1000, 50, "time of one measurement of throughput"}},
                                   seedance::bench::Run);
}
