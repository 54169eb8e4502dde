// Never pay twice: many task creations while replies of the vendor are dropped after the bill and the gateway is
// killed, again and again. Callers repeat a failed creation with its request_id. Counts the tasks that the vendor
// billed twice.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/base/random.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;

constexpr int kCallers = 16;
constexpr double kDropped = 0.3;  // Share of the vendor's replies.
constexpr int kMostTries = 1200;  // A minute: a channel that failed to connect a few times waits long itself.

struct Submission {
  std::string prompt;
  std::string request_id;
  bool answered = false;        // With the task, whatever its state, or a final error.
  std::string last_error = {};  // While it is not.
};

// Whether another try may help: the gateway is not there, or died with the call.
bool MayTryAgain(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

// Sixteen callers that work through the submissions.
class Callers {
 public:
  Callers(std::string endpoint, std::vector<Submission>& submissions)
      : endpoint_(std::move(endpoint)), submissions_(submissions) {
    for (int i = 0; i < kCallers; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Callers() {
    for (std::thread& thread : threads_) thread.join();
  }

  size_t finished() const { return finished_; }
  // Leaves the rest unanswered.
  void GiveUp() {
    next_ = submissions_.size();
    gone_ = true;
  }

 private:
  void Work() {
    e2e::Api api(endpoint_, "");
    for (size_t i = next_++; i < submissions_.size(); i = next_++) {
      Submission& submission = submissions_[i];
      v1::GenerationTask task;
      task.set_prompt(submission.prompt);
      for (int tries = 0; tries < kMostTries && !submission.answered && !gone_; ++tries) {
        const auto answer = api.CreateTask(task, submission.request_id);
        submission.answered = answer.ok() || !MayTryAgain(answer.status);
        if (!submission.answered) submission.last_error = answer.status.error_message();
        if (!submission.answered) absl::SleepFor(absl::Milliseconds(50));
      }
      ++finished_;
    }
  }

  const std::string endpoint_;
  std::vector<Submission>& submissions_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> finished_{0};
  std::atomic<bool> gone_{false};
  std::vector<std::thread> threads_;
};

// Kills the gateway each time that a further share of the submissions has been answered.
bool Torment(Bench& bench, BenchStack& stack, std::vector<Submission>& submissions) {
  const int kills = bench.Number("kills");
  Callers callers(stack.gateway->address(), submissions);
  for (int kill = 1; kill <= kills; ++kill) {
    const size_t until = submissions.size() * static_cast<size_t>(kill) / static_cast<size_t>(kills + 1);
    while (callers.finished() < until) absl::SleepFor(absl::Milliseconds(1));
    if (!bench.Check(stack.gateway->Stop(SIGKILL).status(), "kill") ||
        !bench.Check(stack.gateway->Restart(), "restart")) {
      callers.GiveUp();
      return false;
    }
    if (kill % 10 == 0) bench.Progress(absl::StrCat(kill, " of ", kills, " kills"));
  }
  return true;
}

bool Count(Bench& bench, BenchStack& stack, const std::vector<Submission>& submissions) {
  const auto tasks = stack.sandbox->Tasks();
  const auto ledger = stack.sandbox->Ledger();
  if (!bench.Check(tasks.status(), "tasks") || !bench.Check(ledger.status(), "ledger")) return false;
  std::map<std::string, int> prompts;
  for (const testing::SandboxTask& task : *tasks) ++prompts[task.prompt];
  int twice = 0;
  for (const auto& [prompt, count] : prompts) twice += count - 1;
  const int64_t bills = ledger->Count("CreateTask");
  if (bills != static_cast<int64_t>(tasks->size())) return bench.Fail("bills and tasks of the sandbox differ");
  const int64_t unanswered = std::count_if(submissions.begin(), submissions.end(),
                                           [](const Submission& submission) { return !submission.answered; });
  Row row;
  row.id = "duplicate_bills";
  row.what = absl::StrCat("duplicate bills in ", submissions.size(), " submits, 30 % of replies dropped, ",
                          bench.Number("kills"), " kills");
  row.unit = "bills";
  row.ours = {static_cast<double>(twice)};
  row.goal = Goal::AtMost(0);
  row.exact = true;
  row.note = absl::StrCat(bills, " bills");
  bench.Add(row);
  row.id = "unanswered_submits";
  row.what = "submits that never had an answer";
  row.unit = "submits";
  row.ours = {static_cast<double>(unanswered)};
  row.note.clear();
  for (const Submission& submission : submissions) {
    if (!submission.answered) row.note = absl::StrCat("for example: ", submission.last_error);
  }
  bench.Add(row);
  return true;
}

bool Run(Bench& bench) {
  testing::GatewayOptions options = FastGateway();
  options.log_level = "warning";
  options.server = {"create_wait: 1s"};
  options.polls_per_second = 50;
  options.rate = {"breaker_failures: 0"};  // A breaker would only wait.
  auto stack = BenchStack::Start({"--speed", "1", "--task-seconds", "3600"}, options);
  if (!bench.Check(stack.status(), "gateway")) return false;
  testing::SandboxFault fault;
  fault.kind = "drop_reply";
  fault.method = "POST";
  fault.path = "/v1/video/generations";
  fault.times = 0;
  fault.probability = kDropped;
  if (!bench.Check(stack->sandbox->AddFault(fault), "fault")) return false;
  std::vector<Submission> submissions;
  for (int i = 0; i < bench.Number("submits"); ++i) {
    submissions.push_back({absl::StrCat("submission ", i), base::MakeUuidV4(base::SystemRandom())});
  }
  return Torment(bench, *stack, submissions) && Count(bench, *stack, submissions);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  // gRPC's clients may notice a new connection only when a timer of five seconds looks, which is the callers' matter.
  setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "50", /*overwrite=*/0);
  return seedance::bench::RunBench(
      argc, argv, "faulty_submits", "bills of submits with lost replies and kills",
      {{"submits", 10000, 60, "task creations"}, {"kills", 200, 2, "kill -9 of the gateway"}}, seedance::bench::Run);
}
