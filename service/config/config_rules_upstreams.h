#ifndef SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_
#define SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_

#include <set>
#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"

namespace seedance::config {

// ApplyConfigRules for `upstreams`. `tenants`: names of all configured tenants.
//
// Tests: tests/unit/config/config_upstreams_test.cc
void ApplyUpstreamRules(gateway::config::v1::GatewayConfig& config, const std::set<std::string>& tenants,
                        std::vector<ConfigProblem>& problems);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_UPSTREAMS_H_
