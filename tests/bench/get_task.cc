// Throughput of GetGenerationTask with some calls in flight, against a bare gRPC server that returns the same message
// to the same client. The client, gRPC's callback API over four connections, shares the machine with both.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/bare_process.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/closed_loop.h"
#include "tests/bench/process_usage.h"

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
                                                 const Done ended = std::move(call->done);
                                                 delete call;  // First: afterwards the channel may be gone.
                                                 ended(status.ok());
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

// One server with its client.
struct Side {
  Reader reader;
  pid_t pid;
};

// Throughput, and what the server used per call: microseconds of processor and waits of its threads.
struct Figures {
  std::vector<double> per_second;
  std::vector<double> cpu;
  std::vector<double> waits;
};

bool Turn(Bench& bench, int in_flight, Side& side, Figures& figures) {
  const ProcessUsage before = ProcessUsage::Of(side.pid);
  const LoopResult result = side.reader.Run(in_flight, absl::Milliseconds(bench.Number("milliseconds")));
  const ProcessUsage after = ProcessUsage::Of(side.pid);
  if (result.failures > 0) return bench.Fail("calls failed");
  const double calls = static_cast<double>(result.calls);
  figures.per_second.push_back(result.per_second);
  figures.cpu.push_back((after.cpu_seconds - before.cpu_seconds) * 1e6 / calls);
  figures.waits.push_back(static_cast<double>(after.context_switches - before.context_switches) / calls);
  return true;
}

// The rows of one load; the first is that of the throughput.
std::optional<Row> Measure(Bench& bench, int in_flight, Side& gateway, Side& bare) {
  Figures ours;
  Figures theirs;
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    if (!Turn(bench, in_flight, gateway, ours) || !Turn(bench, in_flight, bare, theirs)) return std::nullopt;
  }
  Row row;
  row.id = absl::StrCat("get_task_", in_flight);
  row.what = absl::StrCat("GetGenerationTask, ", in_flight, " in flight");
  row.unit = "calls/s";
  row.yardstick_name = "bare server";
  row.judged = Row::Judged::kRatio;
  row.ours = ours.per_second;
  row.yardstick = theirs.per_second;
  bench.Add(row);
  if (bench.quick()) return row;  // Its rounds are shorter than the clock of processor time.
  Row cpu = row;
  cpu.id += "_cpu";
  cpu.what += ": the server's processor time of a call";
  cpu.unit = "us";
  cpu.ours = ours.cpu;
  cpu.yardstick = theirs.cpu;
  cpu.note = absl::StrCat("waits of threads per call: ", FigureText(Spread::Of(ours.waits).median), ", bare server ",
                          FigureText(Spread::Of(theirs.waits).median));
  bench.Add(cpu);
  return row;
}

bool Run(Bench& bench) {
  testing::GatewayOptions options = FastGateway();
  options.server.push_back(absl::StrCat("call_threads: ", bench.Number("call-threads")));
  absl::StatusOr<BenchStack> stack = BenchStack::Start({}, options);
  if (!bench.Check(stack.status(), "gateway")) return false;
  const absl::StatusOr<v1::GenerationTask> task = EndedTask(*stack->api);
  if (!bench.Check(task.status(), "task")) return false;
  auto server = BareProcess::Start(*task);
  if (!bench.Check(server.status(), "bare server")) return false;
  Side gateway{Reader(stack->gateway->address(), task->name()), stack->gateway->process().pid()};
  Side bare{Reader((*server)->address(), "any"), (*server)->pid()};

  Row best;  // The load at which the bare server does most.
  for (const int in_flight : {1, 16, 64, 256}) {
    std::optional<Row> row = Measure(bench, in_flight, gateway, bare);
    if (!row.has_value()) return false;
    if (Spread::Of(row->yardstick).median <= Spread::Of(best.yardstick).median) continue;
    best = *std::move(row);
    best.note = absl::StrCat(in_flight, " in flight, where the bare server does most; message of ",
                             task->ByteSizeLong(), " bytes");
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
  return seedance::bench::RunBench(argc, argv, "get_task", "throughput of GetGenerationTask against a bare gRPC server",
                                   {{"rounds", 7, 1, "rounds of each load"},
                                    {"milliseconds", 1000, 50, "time of one measurement"},
                                    {"call-threads", 8, 8, "the gateway's threads for calls; 8 is its default"}},
                                   seedance::bench::Run);
}
