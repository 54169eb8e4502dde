#ifndef SEEDANCE_TESTS_BENCH_BENCH_STACK_H_
#define SEEDANCE_TESTS_BENCH_BENCH_STACK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/e2e/api.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/sandbox_process.h"

namespace seedance::bench {

// Options of a gateway that logs as in production and is not slowed down by limits that protect a vendor: for benches
// that are about something else. `sandbox_url` is still to be set.
testing::GatewayOptions FastGateway();

// A sandbox, a gateway in front of it, and a client.
struct BenchStack {
  std::unique_ptr<testing::SandboxProcess> sandbox;
  std::unique_ptr<testing::GatewayProcess> gateway;
  std::unique_ptr<e2e::Api> api;

  // `flags` of the sandbox; without them a task takes a second.
  static absl::StatusOr<BenchStack> Start(std::vector<std::string> flags = {},
                                          testing::GatewayOptions options = FastGateway());
};

// A sandbox of which groups are visible at once, and whose time stands still until Advance.
std::vector<std::string> StoppedSandbox(int task_seconds);

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_BENCH_STACK_H_
