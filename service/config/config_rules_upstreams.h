#ifndef SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_
#define SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_

#include <set>
#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"

namespace seedance::config {

// PiApi.upload_url that means: never.
inline constexpr char kNoUploadUrl[] = "none";
// Paths that may be absent: the vendor has no such thing.
inline constexpr char kNoPath[] = "none";

// The part of ApplyConfigRules for `upstreams`. `tenants`: the names that there are.
void ApplyUpstreamRules(gateway::config::v1::GatewayConfig& config, const std::set<std::string>& tenants,
                        std::vector<ConfigProblem>& problems);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_
