#ifndef SEEDANCE_SERVICE_CONFIG_CONFIG_H_
#define SEEDANCE_SERVICE_CONFIG_CONFIG_H_

#include <google/protobuf/duration.pb.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/base/secret.h"

namespace seedance::config {

using GatewayConfig = gateway::config::v1::GatewayConfig;

// The configuration in YAML text with every default filled in and every rule of config.proto checked. INVALID_ARGUMENT:
// the message has one line per problem, `line 12: server.drain_grace: must be ...`.
absl::StatusOr<GatewayConfig> ParseConfig(const std::string& yaml);

// The same from a file. NOT_FOUND or INVALID_ARGUMENT when it cannot be read. Secrets, TLS files and files of
// authorities are read too, to see that they are usable, and dropped; the staging folder must be there.
absl::StatusOr<GatewayConfig> LoadConfig(const std::string& path);

// Whether the certificates of `server.tls` are inside their dates at `now`. INVALID_ARGUMENT, a line per problem:
// nobody could connect. Else lines to warn of, or nothing: not valid yet, expires soon, everybody can read the key.
// `config` is one that LoadConfig returned.
absl::StatusOr<std::string> CheckCertificates(const GatewayConfig& config, absl::Time now);

// The value of a secret, white space at the ends dropped. FAILED_PRECONDITION naming the file or variable, never the
// value: it is missing, empty, larger than 16 KiB or no regular file, or holds control characters.
absl::StatusOr<base::Secret> ReadSecret(const gateway::config::v1::Secret& secret);

// The configuration as JSON (which is YAML too), without token hashes and passwords in URLs.
std::string PrintConfig(const GatewayConfig& config);

absl::Duration FromProto(const google::protobuf::Duration& duration);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CONFIG_H_
