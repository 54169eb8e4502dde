#ifndef SEEDANCE_SERVICE_SERVER_CONFIG_H_
#define SEEDANCE_SERVICE_SERVER_CONFIG_H_

#include <google/protobuf/duration.pb.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/base/secret.h"

namespace seedance::server {

using GatewayConfig = gateway::config::v1::GatewayConfig;

// The configuration in YAML text with every default filled in and every rule of config.proto checked. INVALID_ARGUMENT:
// the message has one line per problem, `line 12: server.drain_grace: must be ...`.
absl::StatusOr<GatewayConfig> ParseConfig(const std::string& yaml);

// The same from a file. NOT_FOUND or INVALID_ARGUMENT when it cannot be read. Secrets are read too, to see that they
// are there, and dropped; the staging folder must be there.
absl::StatusOr<GatewayConfig> LoadConfig(const std::string& path);

// The value of a secret, white space at the ends dropped. FAILED_PRECONDITION naming the file or variable, never the
// value, when it is missing or empty.
absl::StatusOr<base::Secret> ReadSecret(const gateway::config::v1::Secret& secret);

// The configuration as JSON (which is YAML too), without token hashes and passwords in URLs.
std::string PrintConfig(const GatewayConfig& config);

absl::Duration FromProto(const google::protobuf::Duration& duration);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_CONFIG_H_
