#ifndef SEEDANCE_SERVICE_CONFIG_CONFIG_H_
#define SEEDANCE_SERVICE_CONFIG_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/base/proto_time.h"
#include "service/base/secret.h"
#include "service/config/yaml_message.h"

namespace seedance::config {

using GatewayConfig = gateway::config::v1::GatewayConfig;
using base::FromProto;

// Parses the configuration: fills in every default and checks every rule of config.proto. INVALID_ARGUMENT with one
// line per problem, `line 12: server.drain_grace: must be ...`, or with the source of an override instead of the line.
absl::StatusOr<GatewayConfig> ParseConfig(const std::string& yaml, const std::vector<ConfigOverride>& overrides = {});

// The variables `SEEDANCE__...` of an environment (`name=value`, null at the end), as described in README.md.
std::vector<ConfigOverride> OverridesIn(const char* const* environment);

// The same for a file, with the overrides in the environment of the process. NOT_FOUND or INVALID_ARGUMENT when it
// cannot be read. Also reads secrets, TLS files and files of authorities to check that they are usable, and checks that
// the staging directory exists; their contents are not kept.
absl::StatusOr<GatewayConfig> LoadConfig(const std::string& path);

// Checks the dates of the certificates of `server.tls` at `now`. INVALID_ARGUMENT, one line per problem: no client
// could connect. Otherwise warnings, one a line, or an empty text: not valid yet, expires soon, key readable by
// everyone. `config` must come from LoadConfig.
absl::StatusOr<std::string> CheckCertificates(const GatewayConfig& config, absl::Time now);

// The value of a secret without surrounding white space. FAILED_PRECONDITION, naming file or variable but never the
// value: it is missing, empty, larger than 16 KiB, not a regular file, or contains control characters.
absl::StatusOr<base::Secret> ReadSecret(const gateway::config::v1::Secret& secret);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CONFIG_H_
