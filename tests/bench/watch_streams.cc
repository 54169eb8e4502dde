// Watch streams: memory of an idle one, and how long one change takes to reach all of them, against a bare gRPC server
// that sends messages of the same size to the same streams of the same client, in the same run.
//
//   watch_streams [STREAMS [ROUNDS [CONNECTIONS]]]      default: 1000 3 10
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/resident_memory.h"
#include "tests/bench/watch_load.h"
#include "tests/testing/eventually.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;

constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr double kMemoryGoal = 1.25;  // Of the bare server's memory per stream.
constexpr double kFanOutGoal = 1.5;   // Of the bare server's time to the last delivery.

struct Figures {
  double kilobytes_per_stream = 0;
  std::vector<double> spread_ms;  // One per round.

  double Median() {
    std::sort(spread_ms.begin(), spread_ms.end());
    return spread_ms.empty() ? 0 : spread_ms[spread_ms.size() / 2];
  }
};

struct Shape {
  int streams = 1000;
  int rounds = 3;
  int connections = 10;
};

// Opens the streams, lets `change` happen once per round. False when something went wrong.
template <typename Change>
bool Measure(const std::string& endpoint, const std::string& task, pid_t pid, const Shape& shape, Change change,
             Figures& figures) {
  const ResidentMemory memory(pid);
  {
    // The first streams pay for what is there once.
    WatchLoad warm_up(endpoint, {task}, shape.connections, shape.connections);
    if (!warm_up.AwaitOpen(kPatience)) return false;
  }
  const int64_t before = memory.NowKb();
  WatchLoad load(endpoint, {task}, shape.streams, shape.connections);
  if (!load.AwaitOpen(kPatience)) return fprintf(stderr, "the streams did not open\n"), false;
  figures.kilobytes_per_stream = static_cast<double>(memory.NowKb() - before) / shape.streams;
  for (int round = 0; round < shape.rounds; ++round) {
    load.BeginRound();
    if (!change(round)) return fprintf(stderr, "the change failed\n"), false;
    const WatchLoad::Round result = load.AwaitRound(kPatience);
    if (!result.complete) return fprintf(stderr, "not every stream had the change\n"), false;
    figures.spread_ms.push_back(absl::ToDoubleMilliseconds(result.spread));
  }
  return load.failures() == 0;
}

class BareServer {
 public:
  bool Start(size_t message_bytes) {
    const std::string port_file = dir_.File("port");
    testing::Process::Options options;
    options.argv = {SEEDANCE_BARE_SERVER_BINARY, port_file, absl::StrCat(message_bytes)};
    options.stdout_path = dir_.File("stdout");
    options.stderr_path = dir_.File("stderr");
    auto process = testing::Process::Start(options);
    if (!process.ok()) return false;
    process_ = *std::move(process);
    const auto listening = [&] { return !testing::ReadFile(port_file).empty(); };
    if (!testing::Eventually(listening, absl::Seconds(10))) return false;
    address_ = std::string(absl::StripAsciiWhitespace(testing::ReadFile(port_file)));
    return !address_.empty();
  }
  const std::string& address() const { return address_; }
  pid_t pid() const { return process_->pid(); }

 private:
  testing::TempDir dir_;
  std::unique_ptr<testing::Process> process_;
  std::string address_;
};

// A task that stays open: each change is a step of the vendor's progress, which the next poll finds.
bool MeasureGateway(const Shape& shape, Figures& figures, size_t& message_bytes) {
  absl::StatusOr<BenchStack> stack = BenchStack::Start({"--speed", "0", "--task-seconds", "1000"});
  if (!stack.ok()) return fprintf(stderr, "%s\n", stack.status().ToString().c_str()), false;
  v1::GenerationTask task;
  task.set_prompt(std::string(200, 'x'));
  const auto created = stack->api->CreateTask(task);
  if (!created.ok() || !stack->sandbox->Advance(absl::Seconds(210)).ok()) return false;
  const auto running = [&] {
    const auto now = stack->api->GetTask(created.value.name());
    message_bytes = now.value.ByteSizeLong();
    return now.value.state() == v1::GenerationTask::STATE_RUNNING;
  };
  if (!testing::Eventually(running)) return false;
  return Measure(
      stack->gateway->address(), created.value.name(), stack->gateway->process().pid(), shape,
      [&](int) { return stack->sandbox->Advance(absl::Seconds(40)).ok(); }, figures);
}

bool MeasureBare(const Shape& shape, size_t message_bytes, Figures& figures) {
  BareServer bare;
  if (!bare.Start(message_bytes)) return fprintf(stderr, "the bare server did not start\n"), false;
  e2e::Api api(bare.address(), "");
  return Measure(
      bare.address(), "any", bare.pid(), shape, [&](int) { return api.CancelTask("any").ok(); }, figures);
}

int Main(int argc, char** argv) {
  Shape shape;
  if (argc > 1) shape.streams = atoi(argv[1]);
  if (argc > 2) shape.rounds = atoi(argv[2]);
  if (argc > 3) shape.connections = atoi(argv[3]);
  if (shape.streams < 1 || shape.rounds < 1 || shape.connections < 1) {
    return fprintf(stderr, "watch_streams [STREAMS [ROUNDS [CONNECTIONS]]]\n"), 2;
  }
  if (const std::string why = WhyMeaningless(); !why.empty()) return printf("SKIPPED: %s\n", why.c_str()), kSkipped;
  Figures gateway;
  Figures bare;
  size_t message_bytes = 0;
  if (!MeasureGateway(shape, gateway, message_bytes) || !MeasureBare(shape, message_bytes, bare)) return 1;
  printf("%d streams over %d connections, messages of %zu bytes, %d rounds\n", shape.streams, shape.connections,
         message_bytes, shape.rounds);
  printf("memory per stream   gateway %7.1f kB  bare %7.1f kB  ratio %5.2f  (goal <= %.2f, and <= 22 kB)\n",
         gateway.kilobytes_per_stream, bare.kilobytes_per_stream,
         gateway.kilobytes_per_stream / bare.kilobytes_per_stream, kMemoryGoal);
  const double ours = gateway.Median();
  const double theirs = bare.Median();
  printf(
      "last delivery       gateway %7.1f ms  bare %7.1f ms  ratio %5.2f  (goal <= %.1f), median; gateway %.1f-%.1f, "
      "bare %.1f-%.1f\n",
      ours, theirs, ours / theirs, kFanOutGoal, gateway.spread_ms.front(), gateway.spread_ms.back(),
      bare.spread_ms.front(), bare.spread_ms.back());
  return 0;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) { return seedance::bench::Main(argc, argv); }
