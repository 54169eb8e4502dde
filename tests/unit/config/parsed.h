#ifndef SEEDANCE_TESTS_UNIT_CONFIG_PARSED_H_
#define SEEDANCE_TESTS_UNIT_CONFIG_PARSED_H_

#include <gtest/gtest.h>

#include <string>

#include "service/config/config.h"

namespace seedance::config {

// What ParseConfig makes of a text without a problem.
inline GatewayConfig Parsed(const std::string& yaml) {
  const absl::StatusOr<GatewayConfig> config = ParseConfig(yaml);
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << yaml;
  return config.value_or(GatewayConfig());
}

// What it says about a text; "" without a problem.
inline std::string Problems(const std::string& yaml) {
  const absl::StatusOr<GatewayConfig> config = ParseConfig(yaml);
  return config.ok() ? "" : std::string(config.status().message());
}

}  // namespace seedance::config

#endif  // SEEDANCE_TESTS_UNIT_CONFIG_PARSED_H_
