#ifndef SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_H_
#define SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_H_

#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"

namespace seedance::config {

// Fills in the defaults that config.proto documents and appends a problem for every broken rule.
//
// Tests: tests/unit/config/config_test.cc
void ApplyConfigRules(gateway::config::v1::GatewayConfig& config, std::vector<ConfigProblem>& problems);

// Whether `listen` (`host:port`) is reachable from this machine only: loopback addresses, `localhost`, `unix:` sockets.
bool IsLoopback(const std::string& listen);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CONFIG_RULES_H_
