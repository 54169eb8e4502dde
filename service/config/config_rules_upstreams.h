#ifndef SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_
#define SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_

#include <set>
#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"

namespace seedance::config {

// Value of PiApi.upload_url that disables it.
//
// Tests: tests/unit/config/config_upstreams_test.cc
inline constexpr char kNoUploadUrl[] = "none";
// Value of optional paths that disables them: the vendor has no such endpoint.
inline constexpr char kNoPath[] = "none";

// ApplyConfigRules for `upstreams`. `tenants`: names of all configured tenants.
void ApplyUpstreamRules(gateway::config::v1::GatewayConfig& config, const std::set<std::string>& tenants,
                        std::vector<ConfigProblem>& problems);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_
