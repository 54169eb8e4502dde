// Fuzzes every method of the public API on a real gateway in front of the sandbox; tests/fuzz/api says how to run it.
#include <google/protobuf/stubs/common.h>
#include <signal.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#if GOOGLE_PROTOBUF_VERSION < 4022000
#include <google/protobuf/stubs/logging.h>
#endif

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "service/base/mutex.h"
#include "tests/bench/resident_memory.h"
#include "tests/fuzz/answer_check.h"
#include "tests/fuzz/api_methods.h"
#include "tests/fuzz/fuzz_call.h"
#include "tests/fuzz/fuzz_plan.h"
#include "tests/fuzz/fuzz_report.h"
#include "tests/testing/eventually.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/sandbox_process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::fuzz {
namespace {

// The part of a run after which memory must not grow much more.
constexpr double kWarmUp = 0.3;

struct Options {
  double seconds = 10;
  std::optional<uint64_t> seed;
  int clients = 8;
  std::string dialect = "anyfast";
  std::string folder = "api_fuzz_found";
  int growth_mb = 64;
  std::string replay;
};

const std::vector<std::string>& Tenants() {
  static const auto* tenants = new std::vector<std::string>{"alpha", "beta"};
  return *tenants;
}

class ApiFuzz {
 public:
  explicit ApiFuzz(const Options& options)
      : options_(options), methods_(PublicMethods()), report_(options.folder), seed_(options.seed.value_or(0)) {}

  bool Run() {
    if (!Start()) return false;
    std::vector<std::thread> clients;
    for (int i = 0; i < options_.clients; ++i) clients.emplace_back([this, i] { RunClient(static_cast<size_t>(i)); });
    Observe();
    for (std::thread& client : clients) client.join();
    CheckEnd();
    PrintSummary();
    return report_.clean();
  }

  // Repeats one call, prints what came back and judges it.
  bool Replay() {
    const auto call = ParseEntry(testing::ReadFile(options_.replay));
    if (!call.ok()) return Fail(call.status().ToString());
    const auto method = std::find_if(methods_.begin(), methods_.end(), [&](auto& m) { return m.path == call->path; });
    if (method == methods_.end()) return Fail(absl::StrCat("no method ", call->path));
    if (!Start()) return false;
    FuzzClient client(gateway_->address());
    const FuzzAnswer answer = client.Perform(*call, FuzzPlan(methods_, Tenants(), seen_, ids_, seed_).NewTraceId());
    report_.Add(*method, *call, answer);
    std::cout << KindOf(answer.status) << " \"" << answer.status.error_message() << "\", " << answer.responses.size()
              << " responses\n"
              << DetailText(answer.status);
    CheckEnd();
    return report_.clean();
  }

 private:
  static bool Fail(const std::string& why) {
    std::cerr << "api_fuzz: " << why << "\n";
    return false;
  }

  bool Start() {
    auto sandbox = testing::SandboxProcess::Start(
        {"--speed", "20", "--asset-seconds", "2", "--task-seconds", "20", "--group-lag-seconds", "0"});
    if (!sandbox.ok()) return Fail(sandbox.status().ToString());
    sandbox_ = *std::move(sandbox);
    // Some billed calls come into doubt: their bills are counted too, and ReconcileGenerationTask has work.
    for (const char* kind : {"drop_reply", "reset"}) {
      const absl::Status added = sandbox_->AddFault({.kind = kind, .method = "POST", .times = 0, .probability = 0.02});
      if (!added.ok()) return Fail(added.ToString());
    }
    testing::GatewayOptions options;
    options.sandbox_url = sandbox_->url();
    options.dialect = options.upstream = options_.dialect;
    options.log_level = "warning";
    for (const std::string& name : Tenants()) options.tenants.push_back({name, {name}});
    // Freed memory that the sanitizer keeps back would look like growth.
    options.env["ASAN_OPTIONS"] = "quarantine_size_mb=8";
    auto gateway = testing::GatewayProcess::Start(options);
    if (!gateway.ok()) return Fail(gateway.status().ToString());
    gateway_ = *std::move(gateway);
    return true;
  }

  void RunClient(size_t number) {
    FuzzPlan plan(methods_, Tenants(), seen_, ids_, seed_ + number);
    FuzzClient client(gateway_->address());
    while (!stop_) {
      const FuzzPlan::Next next = plan.NextCall();
      {
        base::MutexLock lock(mutex_);
        under_way_[number] = next.call;
      }
      const FuzzAnswer answer = client.Perform(next.call, plan.NewTraceId());
      if (stop_) return;
      Learn(*next.method, answer);
      report_.Add(*next.method, next.call, answer);
    }
  }

  void Learn(const ApiMethod& method, const FuzzAnswer& answer) {
    const std::unique_ptr<google::protobuf::Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.descriptor->output_type())->New());
    for (const std::string& response : answer.responses) {
      if (message->ParseFromString(response)) seen_.Learn(*message);
    }
  }

  // Until the time is over, or the gateway is gone.
  void Observe() {
    const bench::ResidentMemory memory(gateway_->process().pid());
    const absl::Time start = absl::Now();
    begin_kb_ = memory.NowKb();
    const auto gone = [&] { return !gateway_->process().running(); };
    bool ended = testing::Eventually(gone, absl::Seconds(options_.seconds * kWarmUp));
    warm_kb_ = memory.NowKb();
    if (!ended) ended = testing::Eventually(gone, absl::Seconds(options_.seconds * (1 - kWarmUp)));
    end_kb_ = memory.NowKb();
    stop_ = true;
    elapsed_ = absl::Now() - start;
    if (ended) KeepUnderWay();
    const int64_t most_kb = warm_kb_ + int64_t{options_.growth_mb} * 1024;
    if (end_kb_ > most_kb) report_.AddFault(absl::StrCat("memory grew from ", warm_kb_, " kB to ", end_kb_, " kB"));
  }

  void KeepUnderWay() {
    report_.AddFault("the gateway ended by itself");
    base::MutexLock lock(mutex_);
    for (const auto& [number, call] : under_way_) report_.Keep(call, absl::StrCat("under_way-", number));
  }

  // Ends the gateway, starts it again with the same store, and looks at the bills.
  void CheckEnd() {
    StopGateway();
    if (const absl::Status again = gateway_->Restart(); !again.ok()) {
      report_.AddFault(absl::StrCat("does not start with its own store: ", again.message()));
    } else {
      StopGateway();
    }
    const std::string log = gateway_->Log();
    for (const std::string& line : gateway_->SanitizerReports()) report_.AddFault(line);
    report_.CheckInternalsAreLogged(log);
    CheckBills();
    if (!report_.clean()) testing::WriteFile(options_.folder + "/gateway.log", log) || Fail("cannot write the log");
  }

  void StopGateway() {
    const auto code = gateway_->Stop(SIGTERM);
    if (!code.ok()) {
      report_.AddFault("does not end on SIGTERM");
    } else if (*code != 0) {
      report_.AddFault(absl::StrCat("exit code ", *code));
    }
  }

  void CheckBills() {
    const auto bills = sandbox_->BillsByText();
    if (!bills.ok()) return report_.AddFault(bills.status().ToString());
    std::map<std::string, std::vector<std::string>> by_request;
    for (const auto& [text, ids] : *bills) {
      const size_t at = text.find(kBillTextPrefix);
      if (at == std::string::npos) continue;
      std::vector<std::string>& all = by_request[text.substr(at, std::string(kBillTextPrefix).size() + kBillHashBytes)];
      all.insert(all.end(), ids.begin(), ids.end());
    }
    bound_ = by_request.size();
    for (const auto& [text, ids] : by_request) {
      if (ids.size() > 1) {
        report_.AddFault(
            absl::StrCat("billed ", ids.size(), " times for one request_id: ", text, " ", ids[0], " ", ids[1]));
      }
    }
  }

  void PrintSummary() const {
    std::cout << report_.Summary();
    std::cout << absl::StrFormat("%.0f calls/s by %d clients over %.0f s; bills bound to a request_id: %d\n",
                                 static_cast<double>(report_.calls()) / absl::ToDoubleSeconds(elapsed_),
                                 options_.clients, absl::ToDoubleSeconds(elapsed_), bound_);
    std::cout << absl::StrFormat(
        "resident memory: %d kB at the start, %d kB after %.0f %% of the time, %d kB at the end\n", begin_kb_, warm_kb_,
        kWarmUp * 100, end_kb_);
  }

  const Options options_;
  const std::vector<ApiMethod> methods_;
  SeenValues seen_;
  RequestIds ids_;
  FuzzReport report_;
  const uint64_t seed_;
  std::unique_ptr<testing::SandboxProcess> sandbox_;
  std::unique_ptr<testing::GatewayProcess> gateway_;
  std::atomic<bool> stop_ = false;
  base::Mutex mutex_;
  std::map<size_t, FuzzCall> under_way_ ABSL_GUARDED_BY(mutex_);
  absl::Duration elapsed_;
  int64_t begin_kb_ = 0;
  int64_t warm_kb_ = 0;
  int64_t end_kb_ = 0;
  size_t bound_ = 0;
};

}  // namespace
}  // namespace seedance::fuzz

int main(int argc, char** argv) {
  seedance::fuzz::Options options;
  CLI::App app("Fuzzes every method of the public API of a gateway in front of the sandbox.", "api_fuzz");
  // tests/fuzz/api has its own defaults, which its arguments follow.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--seconds", options.seconds, "How long (10)")->check(CLI::Range(0.1, 1e6));
  app.add_option("--seed", options.seed, "Repeats the draws of an earlier run, which printed its seed");
  app.add_option("--clients", options.clients, "Connections, each with one call at a time (8)")
      ->check(CLI::Range(1, 500));
  app.add_option("--dialect", options.dialect, "The vendor (anyfast)")->check(CLI::IsMember({"anyfast", "piapi"}));
  app.add_option("--found", options.folder, "Folder for calls with a fault (api_fuzz_found)");
  app.add_option("--growth-mb", options.growth_mb, "Most growth of memory after the warm-up (64)");
  app.add_option("--replay", options.replay, "Make this one call, of a file that a run has written");
  CLI11_PARSE(app, argc, argv);
  if (!options.seed.has_value()) options.seed = std::random_device()();
  std::cout << "--seed " << *options.seed << " --dialect " << options.dialect << std::endl;
  mkdir(options.folder.c_str(), 0755);
  // Bytes that are not UTF-8 are sent on purpose. Protobuf 22 and newer has no log of its own.
#if GOOGLE_PROTOBUF_VERSION < 4022000
  google::protobuf::SetLogHandler(nullptr);
#endif
  seedance::fuzz::ApiFuzz fuzz(options);
  return (options.replay.empty() ? fuzz.Run() : fuzz.Replay()) ? 0 : 1;
}
