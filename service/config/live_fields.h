#ifndef SEEDANCE_SERVICE_CONFIG_LIVE_FIELDS_H_
#define SEEDANCE_SERVICE_CONFIG_LIVE_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/config/config.h"

namespace seedance::config {

// What differs between two checked configurations, as paths of fields.
struct ConfigChange {
  std::vector<std::string> live;     // Taken over by a running gateway.
  std::vector<std::string> restart;  // Need a restart.
};

// Lists and messages of which one side has none count as one field. An upstream that comes, goes or has another place
// is one field, `upstreams`.
//
// Tests: tests/unit/config/live_fields_test.cc
ConfigChange CompareConfigs(const GatewayConfig& before, const GatewayConfig& after);

// `before` with the live fields of `after`. INVALID_ARGUMENT when the two together break a rule of the configuration
// that neither breaks alone, such as an open address without tenants.
absl::StatusOr<GatewayConfig> WithLiveFields(const GatewayConfig& before, const GatewayConfig& after);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_LIVE_FIELDS_H_
