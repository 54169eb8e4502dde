// Throughput of GetGenerationTask with some calls in flight, against a bare gRPC server that returns a message of the
// same size to the same client. The client, gRPC's callback API over four connections, shares the machine with both.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/bare_process.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/closed_loop.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;

constexpr int kConnections = 4;
constexpr double kGoal = 0.7;

// Reads one task over and over.
class Reader {
 public:
  Reader(const std::string& endpoint, std::string task) : stubs_(endpoint, kConnections), task_(std::move(task)) {}

  LoopResult Run(int in_flight, absl::Duration time) {
    return RunAsync(in_flight, time, [this](int slot, Done done) { Issue(slot, std::move(done)); });
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::GetGenerationTaskRequest request;
    v1::GenerationTask response;
    Done done;
  };

  void Issue(int slot, Done done) {
    auto* call = new Call;
    call->request.set_name(task_);
    call->done = std::move(done);
    stubs_.Of(slot).async()->GetGenerationTask(&call->context, &call->request, &call->response,
                                               [call](const grpc::Status& status) {
                                                 const std::unique_ptr<Call> owned(call);
                                                 owned->done(status.ok());
                                               });
  }

  Stubs<v1::GenerationTaskService> stubs_;
  const std::string task_;
};

// A task that has ended: nobody polls it, and it has a result.
absl::StatusOr<v1::GenerationTask> EndedTask(e2e::Api& api) {
  v1::GenerationTask task;
  task.set_prompt(std::string(200, 'x'));
  const auto created = api.CreateTask(task);
  if (!created.ok()) return absl::UnavailableError(created.status.error_message());
  const e2e::TaskStream stream = api.WatchTask(created.value.name());
  if (!stream.status.ok() || stream.messages.empty()) return absl::UnavailableError(stream.status.error_message());
  return stream.messages.back().generation_task();
}

bool Measure(Bench& bench, int in_flight, Reader& gateway, Reader& bare, Row& row) {
  const absl::Duration time = absl::Milliseconds(bench.Number("milliseconds"));
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    const LoopResult ours = gateway.Run(in_flight, time);
    const LoopResult theirs = bare.Run(in_flight, time);
    if (ours.failures + theirs.failures > 0) return bench.Fail("calls failed");
    row.ours.push_back(ours.per_second);
    row.yardstick.push_back(theirs.per_second);
  }
  return true;
}

bool Run(Bench& bench) {
  absl::StatusOr<BenchStack> stack = BenchStack::Start();
  if (!bench.Check(stack.status(), "gateway")) return false;
  const absl::StatusOr<v1::GenerationTask> task = EndedTask(*stack->api);
  if (!bench.Check(task.status(), "task")) return false;
  auto server = BareProcess::Start(task->ByteSizeLong());
  if (!bench.Check(server.status(), "bare server")) return false;
  Reader gateway(stack->gateway->address(), task->name());
  Reader bare((*server)->address(), "any");

  Row best;  // The load at which the bare server does most.
  for (const int in_flight : {1, 16, 64, 256}) {
    Row row;
    row.id = absl::StrCat("get_task_", in_flight);
    row.what = absl::StrCat("GetGenerationTask, ", in_flight, " in flight");
    row.unit = "calls/s";
    row.yardstick_name = "bare server";
    row.judged = Row::Judged::kRatio;
    row.note = absl::StrCat("message of ", task->ByteSizeLong(), " bytes");
    if (!Measure(bench, in_flight, gateway, bare, row)) return false;
    bench.Add(row);
    if (Spread::Of(row.yardstick).median <= Spread::Of(best.yardstick).median) continue;
    best = row;
    best.note = absl::StrCat(in_flight, " in flight, where the bare server does most");
  }
  best.id = "get_task_best";
  best.what = "GetGenerationTask at the best common load";
  best.goal = Goal::AtLeast(kGoal);
  bench.Add(best);
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(
      argc, argv, "get_task", "throughput of GetGenerationTask against a bare gRPC server",
      {{"rounds", 7, 1, "rounds of each load"}, {"milliseconds", 1000, 50, "time of one measurement"}},
      seedance::bench::Run);
}
