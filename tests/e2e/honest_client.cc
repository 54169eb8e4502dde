// A caller that keeps to the rules, beside tests/e2e/attacks: gets a task, validates a new one, and opens a watch on a
// new connection, over and over until it gets SIGTERM. Each call is one line of standard output:
//
//   <Unix time of its start> <get|validate|watch> <milliseconds> <OK or gRPC status code>
//
//   honest_client ENDPOINT TOKEN [--ca FILE] [--rounds N]
//
// --ca FILE    speaks TLS and trusts the authority in FILE; the server's name is `localhost`
// --rounds N   ends after N rounds; exit code 1 when a call of them failed
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"

namespace seedance::e2e {
namespace {

namespace v1 = gateway::v1;
using SystemClock = std::chrono::system_clock;

constexpr auto kDeadline = std::chrono::seconds(5);
constexpr auto kSetUpDeadline = std::chrono::seconds(30);
constexpr auto kPause = std::chrono::milliseconds(5);

std::atomic<bool> stop{false};

class HonestClient {
 public:
  HonestClient(const std::string& endpoint, const std::string& token, const std::string& ca_file)
      : endpoint_(endpoint), token_(token), ca_file_(ca_file), stub_(NewStub()) {}

  // Creates the task that is read and watched.
  grpc::Status SetUp() {
    const auto context = Context(kSetUpDeadline);
    context->set_wait_for_ready(true);
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("read beside attacks");
    request.set_request_id("00000000-0000-4000-8000-000000000001");
    v1::GenerationTask task;
    const grpc::Status status = stub_->CreateGenerationTask(context.get(), request, &task);
    task_ = task.name();
    return status;
  }

  // Whether all calls of the round were OK.
  bool Round() {
    const bool got = Timed("get", [this] { return Get(); });
    const bool validated = Timed("validate", [this] { return Validate(); });
    const bool watched = Timed("watch", [this] { return Watch(); });
    return got && validated && watched;
  }

 private:
  std::unique_ptr<v1::GenerationTaskService::Stub> NewStub() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    if (ca_file_.empty()) {
      return v1::GenerationTaskService::NewStub(
          grpc::CreateCustomChannel(endpoint_, grpc::InsecureChannelCredentials(), arguments));
    }
    std::ostringstream authority;
    authority << std::ifstream(ca_file_).rdbuf();
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority.str();
    arguments.SetSslTargetNameOverride("localhost");
    return v1::GenerationTaskService::NewStub(
        grpc::CreateCustomChannel(endpoint_, grpc::SslCredentials(options), arguments));
  }

  std::unique_ptr<grpc::ClientContext> Context(std::chrono::seconds deadline) const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(SystemClock::now() + deadline);
    context->AddMetadata("authorization", "Bearer " + token_);
    return context;
  }

  template <typename Call>
  bool Timed(const char* kind, const Call& call) {
    const auto start = SystemClock::now();
    const grpc::Status status = call();
    const std::chrono::duration<double> begin = start.time_since_epoch();
    const std::chrono::duration<double, std::milli> took = SystemClock::now() - start;
    const std::string code = status.ok() ? "OK" : std::to_string(static_cast<int>(status.error_code()));
    std::printf("%.6f %s %.3f %s\n", begin.count(), kind, took.count(), code.c_str());
    if (!status.ok()) std::fprintf(stderr, "%s: %s\n", kind, status.error_message().c_str());
    std::fflush(stdout);
    return status.ok();
  }

  grpc::Status Get() {
    v1::GetGenerationTaskRequest request;
    request.set_name(task_);
    v1::GenerationTask task;
    return stub_->GetGenerationTask(Context(kDeadline).get(), request, &task);
  }

  grpc::Status Validate() {
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("validated beside attacks");
    request.set_validate_only(true);
    v1::GenerationTask task;
    return stub_->CreateGenerationTask(Context(kDeadline).get(), request, &task);
  }

  // To the first message, on a connection of its own.
  grpc::Status Watch() {
    const auto stub = NewStub();
    const auto context = Context(kDeadline);
    v1::WatchGenerationTaskRequest request;
    request.set_name(task_);
    const auto reader = stub->WatchGenerationTask(context.get(), request);
    v1::WatchGenerationTaskResponse message;
    const bool read = reader->Read(&message);
    if (read) context->TryCancel();
    const grpc::Status status = reader->Finish();
    return read ? grpc::Status::OK : status;
  }

  const std::string endpoint_;
  const std::string token_;
  const std::string ca_file_;
  const std::unique_ptr<v1::GenerationTaskService::Stub> stub_;
  std::string task_;
};

int Run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2 || arguments.size() % 2 != 0) {
    std::fprintf(stderr, "usage: honest_client ENDPOINT TOKEN [--ca FILE] [--rounds N]\n");
    return 2;
  }
  std::string ca_file;
  int rounds = 0;
  for (size_t i = 2; i + 1 < arguments.size(); i += 2) {
    if (arguments[i] == "--ca") {
      ca_file = arguments[i + 1];
    } else if (arguments[i] != "--rounds" || !absl::SimpleAtoi(arguments[i + 1], &rounds)) {
      std::fprintf(stderr, "honest_client: %s is unknown or has no number\n", arguments[i].c_str());
      return 2;
    }
  }
  HonestClient client(arguments[0], arguments[1], ca_file);
  if (const grpc::Status status = client.SetUp(); !status.ok()) {
    std::fprintf(stderr, "cannot create a task: %s\n", status.error_message().c_str());
    return 1;
  }
  bool good = true;
  for (int round = 0; !stop && (rounds == 0 || round < rounds); ++round) {
    good = client.Round() && good;
    std::this_thread::sleep_for(kPause);
  }
  return good || rounds == 0 ? 0 : 1;
}

}  // namespace
}  // namespace seedance::e2e

int main(int argc, char** argv) {
  signal(SIGTERM, [](int) { seedance::e2e::stop = true; });
  return seedance::e2e::Run(std::vector<std::string>(argv + 1, argv + argc));
}
