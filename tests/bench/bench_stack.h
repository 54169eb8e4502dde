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

// A sandbox, a gateway in front of it that logs as in production, and a client.
struct BenchStack {
  std::unique_ptr<testing::SandboxProcess> sandbox;
  std::unique_ptr<testing::GatewayProcess> gateway;
  std::unique_ptr<e2e::Api> api;

  // `flags` of the sandbox; without them a task takes a second.
  static absl::StatusOr<BenchStack> Start(std::vector<std::string> flags = {});
};

// Why figures of this build would mean nothing; empty when they do mean something.
std::string WhyMeaningless();

// Exit code by which ctest knows a bench that was skipped.
inline constexpr int kSkipped = 77;

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_BENCH_STACK_H_
