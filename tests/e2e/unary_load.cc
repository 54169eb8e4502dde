#include "tests/e2e/unary_load.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

constexpr auto kPause = std::chrono::milliseconds(2);
constexpr auto kDeadline = std::chrono::seconds(60);

}  // namespace

std::shared_ptr<grpc::Channel> OrdinaryChannel(const std::string& target, const std::string& policy) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetServiceConfigJSON(absl::StrCat(R"({"loadBalancingConfig": [{")", policy, R"(": {}}],
      "methodConfig": [{"name": [{}], "waitForReady": true,
                        "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "1s",
                                        "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})"));
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

UnaryLoad::UnaryLoad(const std::vector<std::shared_ptr<grpc::Channel>>& channels, const std::string& task) {
  for (size_t i = 0; i < channels.size(); ++i) {
    for (int each = 0; each < 2; ++each) {
      threads_.emplace_back([this, channel = channels[i], task] { Run(channel, task, /*create=*/false); });
    }
    if (i % 4 == 0) threads_.emplace_back([this, channel = channels[i], task] { Run(channel, task, /*create=*/true); });
  }
}

void UnaryLoad::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void UnaryLoad::Run(const std::shared_ptr<grpc::Channel>& channel, const std::string& task, bool create) {
  const auto stub = v1::GenerationTaskService::NewStub(channel);
  while (!stop_) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    v1::GenerationTask answer;
    const absl::Time start = absl::Now();
    if (create) {
      v1::CreateGenerationTaskRequest request;
      request.mutable_generation_task()->set_prompt("under way in a rollout");
      request.set_request_id(NextRequestId());
      ++creates_;
      const grpc::Status status = stub->CreateGenerationTask(&context, request, &answer);
      Count(status, absl::Now() - start);
      std::this_thread::sleep_for(50 * kPause);
    } else {
      v1::GetGenerationTaskRequest request;
      request.set_name(task);
      const grpc::Status status = stub->GetGenerationTask(&context, request, &answer);
      Count(status, absl::Now() - start);
      std::this_thread::sleep_for(kPause);
    }
  }
}

void UnaryLoad::Count(const grpc::Status& status, absl::Duration took) {
  if (status.ok()) ++good_;
  std::lock_guard lock(mutex_);
  longest_ = std::max(longest_, took);
  if (!status.ok()) ++failures_[absl::StrCat(status.error_code(), " ", status.error_message())];
}

std::map<std::string, int> UnaryLoad::failures() {
  std::lock_guard lock(mutex_);
  return failures_;
}

absl::Duration UnaryLoad::longest() {
  std::lock_guard lock(mutex_);
  return longest_;
}

}  // namespace seedance::e2e
