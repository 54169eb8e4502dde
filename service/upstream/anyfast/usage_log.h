#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_USAGE_LOG_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_USAGE_LOG_H_

#include <optional>
#include <string>

#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Parses a 200 answer to `GET /api/log/token` of the new-api family. nullopt: it is not a log (an error, not JSON).
// Rows that cannot be parsed count as kOther.
std::optional<UsageLog> ReadUsageLog(const std::string& body);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_USAGE_LOG_H_
