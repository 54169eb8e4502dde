#include "tests/bench/bench_stack.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace seedance::bench {

testing::GatewayOptions FastGateway() {
  testing::GatewayOptions options;
  options.log_level = "info";
  options.server = {"max_watch_streams: 200000", "max_watch_streams_per_tenant: 200000"};
  return options;
}

absl::StatusOr<BenchStack> BenchStack::Start(std::vector<std::string> flags, testing::GatewayOptions options) {
  BenchStack stack;
  if (flags.empty()) flags = {"--speed", "20", "--asset-seconds", "2", "--task-seconds", "20"};
  flags.insert(flags.end(), {"--group-lag-seconds", "0"});
  auto sandbox = testing::SandboxProcess::Start(flags);
  if (!sandbox.ok()) return sandbox.status();
  stack.sandbox = *std::move(sandbox);
  options.sandbox_url = stack.sandbox->url();
  auto gateway = testing::GatewayProcess::Start(options);
  if (!gateway.ok()) return gateway.status();
  stack.gateway = *std::move(gateway);
  stack.api = std::make_unique<e2e::Api>(stack.gateway->address(), "");
  return stack;
}

std::vector<std::string> StoppedSandbox(int task_seconds) {
  return {"--speed", "0", "--task-seconds", absl::StrCat(task_seconds)};
}

}  // namespace seedance::bench
