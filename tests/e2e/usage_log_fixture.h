#ifndef SEEDANCE_TESTS_E2E_USAGE_LOG_FIXTURE_H_
#define SEEDANCE_TESTS_E2E_USAGE_LOG_FIXTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {

inline constexpr char kLogRoute[] = "GET /api/log/token";
inline constexpr char kTimes[] = "lag: 2s, taken_within: 4s, cost_interval: 1s";
inline constexpr absl::Duration kPatience = absl::Minutes(2);

// A gateway over a sandbox of AnyFast whose log of bills it reads.
class UsageLogFixture : public E2eTest {
 protected:
  // The vendor's time is ours. The gateway reads the log each second.
  void Open(const std::vector<std::string>& flags = {}, const std::string& more = "", const std::string& times = kTimes,
            const std::string& submit_timeout = "2s") {
    std::vector<std::string> all = {"--speed", "1", "--task-seconds", "1", "--usage-log-limit", "0"};
    all.insert(all.end(), flags.begin(), flags.end());
    StartSandbox(Pace::kFast, all);
    testing::GatewayOptions options;
    options.server = {"create_wait: 0.2s"};
    options.http = {absl::StrCat("submit_timeout: ", submit_timeout)};
    options.dialect_lines = {absl::StrCat("usage_log: {read_interval: 1s, ", times, more, "}")};
    StartGateway(options);
  }

  // For tests that show no absence: no answer comes too late because the machine is busy.
  void OpenPatiently(const std::vector<std::string>& flags = {}, const std::string& more = "") {
    Open(flags, more, kTimes, "60s");
  }

  void Lose(const std::string& kind, double probability, int times = 0) {
    testing::SandboxFault fault;
    fault.kind = kind;
    fault.method = "POST";
    fault.path = "/v1/video/generations";
    fault.probability = probability;
    fault.times = times;
    AddFault(fault);
  }

  int64_t LogReads() { return Requests(kLogRoute); }
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_USAGE_LOG_FIXTURE_H_
