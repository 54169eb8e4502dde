#include "tests/bench/bench_stack.h"

#include <string_view>
#include <utility>

namespace seedance::bench {

absl::StatusOr<BenchStack> BenchStack::Start(std::vector<std::string> flags) {
  BenchStack stack;
  if (flags.empty()) flags = {"--speed", "20", "--asset-seconds", "2", "--task-seconds", "20"};
  flags.insert(flags.end(), {"--group-lag-seconds", "0"});
  auto sandbox = testing::SandboxProcess::Start(flags);
  if (!sandbox.ok()) return sandbox.status();
  stack.sandbox = *std::move(sandbox);
  testing::GatewayOptions options;
  options.sandbox_url = stack.sandbox->url();
  options.log_level = "info";
  auto gateway = testing::GatewayProcess::Start(options);
  if (!gateway.ok()) return gateway.status();
  stack.gateway = *std::move(gateway);
  stack.api = std::make_unique<e2e::Api>(stack.gateway->address(), "");
  return stack;
}

std::string WhyMeaningless() {
  constexpr std::string_view kSanitizers = SEEDANCE_SANITIZERS;
  if (kSanitizers.empty()) return "";
  return "this build has sanitizers (" + std::string(kSanitizers) +
         "), which multiply memory and time; run `ctest --preset release -L bench`";
}

}  // namespace seedance::bench
