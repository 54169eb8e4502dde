#ifndef SEEDANCE_SERVICE_CONFIG_DIALECT_FIELDS_H_
#define SEEDANCE_SERVICE_CONFIG_DIALECT_FIELDS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/config.h"
#include "service/config/upstream_profile.h"
#include "service/config/yaml_message.h"
#include "service/http/http_transport.h"

// Fields that the messages of all dialects have.
//
// Tests: tests/unit/config/config_upstreams_test.cc, tests/unit/config/engine_config_test.cc
namespace seedance::config {

inline constexpr char kNeedsPlainHttp[] = "needs allow_plain_http";

// Rules of `http`.
void ApplyHttpRules(gateway::config::v1::Http& http, const std::string& path, std::vector<ConfigProblem>& problems);

// The transport of an account whose API is at `base_url`.
std::unique_ptr<http::HttpTransport> MakeTransport(const gateway::config::v1::Http& http, const std::string& base_url);

// Sets the options that all dialects have. `message`: the dialect's of the checked `upstream`. FAILED_PRECONDITION when
// the key cannot be read.
template <typename Options, typename Message>
absl::Status SetCommon(const gateway::config::v1::Upstream& upstream, const Message& message, Options& options) {
  absl::StatusOr<base::Secret> key = ReadSecret(message.api_key());
  if (!key.ok()) return key.status();
  std::vector<ConfigProblem> none;  // No problems: the configuration is checked.
  options.name = upstream.name();
  options.base_url = message.base_url();
  options.api_key = *std::move(key);
  options.profile = ProfileOf(upstream, "", none);
  options.read_timeout = FromProto(message.http().read_timeout());
  options.submit_timeout = FromProto(message.http().submit_timeout());
  options.transfer_timeout = FromProto(message.http().transfer_timeout());
  options.max_retry_after = FromProto(upstream.rate().max_retry_after());
  options.allow_plain_http = message.allow_plain_http();
  return absl::OkStatus();
}

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_DIALECT_FIELDS_H_
