#ifndef SEEDANCE_TESTS_CONTRACT_UPSTREAM_DIALECT_H_
#define SEEDANCE_TESTS_CONTRACT_UPSTREAM_DIALECT_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/secret.h"
#include "service/http/http_transport.h"
#include "service/upstream/upstream.h"

namespace seedance::testing {

// What not every vendor can do.
enum class Capability { kGroups, kRename, kBytes, kTaskList, kCancel, kFiles, kWebhooks, kUsageLog };

// What a dialect is given to make an account.
struct AccountSetup {
  std::string name = "account";
  std::string url;  // Of the vendor, plain HTTP, whose result links are plain HTTP too.
  base::Secret api_key;
  absl::Duration submit_timeout = absl::Seconds(30);
  std::string webhook_endpoint;  // Empty: none.
  base::Secret webhook_secret;
  std::unique_ptr<http::HttpTransport> transport;
};

// One dialect with everything that it can do.
struct UpstreamDialect {
  std::string name;
  std::set<Capability> capabilities;
  std::vector<std::string> sandbox_flags;  // With which the emulated vendor can do it too.
  std::function<std::unique_ptr<upstream::Upstream>(AccountSetup)> make;
};

inline void PrintTo(const UpstreamDialect& dialect, std::ostream* out) { *out << dialect.name; }

UpstreamDialect AnyFastDialect();
UpstreamDialect PiApiDialect();

std::vector<UpstreamDialect> AllDialects();
std::vector<UpstreamDialect> DialectsWith(Capability capability);

// For INSTANTIATE_TEST_SUITE_P.
inline std::string DialectName(const ::testing::TestParamInfo<UpstreamDialect>& info) { return info.param.name; }

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_CONTRACT_UPSTREAM_DIALECT_H_
