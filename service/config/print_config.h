#ifndef SEEDANCE_SERVICE_CONFIG_PRINT_CONFIG_H_
#define SEEDANCE_SERVICE_CONFIG_PRINT_CONFIG_H_

#include <string>

#include "service/config/config.h"

namespace seedance::config {

// A checked configuration as JSON, which is YAML too and can be loaded: what differs from the defaults, or with `all`
// every field. Passwords in URLs are hidden; hashes of tokens are replaced by numbers.
//
// Tests: tests/unit/config/print_config_test.cc
std::string PrintConfig(const GatewayConfig& config, bool all);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_PRINT_CONFIG_H_
