// What the gateway adds to a call: the same thing asked through it and of the vendor's REST API directly, with the same
// HTTP client. One call after the other, in turns; then group creations with some calls in flight.
#include <algorithm>
#include <memory>
#include <string>
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

bool Compare(Bench& bench, const std::string& id, const std::string& what, std::optional<Goal> goal, Call direct,
             Call gateway) {
  Row p50;
  p50.unit = "ms";
  p50.yardstick_name = "direct call";
  p50.judged = Row::Judged::kDifference;
  Row p99 = p50;
  p50.id = id + "_p50";
  p50.what = what + ", sequential, p50";
  p50.goal = goal;
  p99.id = id + "_p99";
  p99.what = what + ", sequential, p99";
  if (!CompareOne(bench, direct, gateway, p50, p99)) return false;
  bench.Add(p50);
  bench.Add(p99);
  return true;
}

// Creates groups over and over, on gRPC's callback API over four connections.
class Creator {
 public:
  explicit Creator(const std::string& endpoint) : stubs_(endpoint, 4) {}

  LoopResult Run(int in_flight, absl::Duration time) {
    return RunAsync(in_flight, time, [this](int slot, Done done) {
      auto* call = new State;
      call->request.mutable_asset_group()->set_display_name("bench");
      call->done = std::move(done);
      stubs_.Of(slot).async()->CreateAssetGroup(&call->context, &call->request, &call->response,
                                                [call](const grpc::Status& status) {
                                                  const Done ended = std::move(call->done);
                                                  delete call;  // First: afterwards the channel may be gone.
                                                  ended(status.ok());
                                                });
    });
  }

 private:
  struct State {
    grpc::ClientContext context;
    v1::CreateAssetGroupRequest request;
    v1::AssetGroup response;
    Done done;
  };
  Stubs<v1::AssetGroupService> stubs_;
};

bool CompareThroughput(Bench& bench, BenchStack& stack, Vendor& vendor) {
  Creator gateway(stack.gateway->address());
  const absl::Duration time = absl::Milliseconds(bench.Number("milliseconds"));
  for (const int in_flight : {1, 16, 64, 256}) {
    Row row;
    row.id = absl::StrCat("create_group_", in_flight);
    row.what = absl::StrCat("CreateAssetGroup, ", in_flight, " in flight");
    row.unit = "calls/s";
    row.yardstick_name = "direct calls";
    row.judged = Row::Judged::kRatio;
    for (int round = 0; round < bench.Number("rounds"); ++round) {
      const LoopResult ours = gateway.Run(in_flight, time);
      const LoopResult theirs = RunThreads(in_flight, time, [&](int) { return vendor.CreateGroup("bench"); });
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

bool Run(Bench& bench) {
  testing::GatewayOptions options = FastGateway();
  options.http = {"max_submits: 256"};  // As many as the direct client has.
  absl::StatusOr<BenchStack> stack = BenchStack::Start({}, options);
  if (!bench.Check(stack.status(), "gateway")) return false;
  e2e::Api& api = *stack->api;
  Vendor vendor(stack->sandbox->url());

  if (!Compare(
          bench, "create_group", "CreateAssetGroup (journalled, two commits)", Goal::AtMost(kMostAdded),
          [&](int i) { return vendor.CreateGroup(absl::StrCat("direct ", i)); },
          [&](int i) { return api.CreateGroup(absl::StrCat("gateway ", i)).ok(); })) {
    return false;
  }
  std::string name;
  const absl::StatusOr<std::string> id = EndedTask(api, name);
  if (!bench.Check(id.status(), "task")) return false;
  // Through the gateway this is a read of its own store: it may well be faster than the vendor.
  if (!Compare(
          bench, "get_task", "GetGenerationTask (from the store)", std::nullopt,
          [&](int) { return vendor.GetTask(*id); }, [&](int) { return api.GetTask(name).ok(); })) {
    return false;
  }
  return CompareThroughput(bench, *stack, vendor);
}

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
