#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_USAGE_LOG_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_USAGE_LOG_H_

#include <optional>
#include <string>

#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Reads a 200 answer to `GET /api/log/token` of the new-api family. nullopt: it is no log (an error, no JSON). Rows
// that cannot be read count as kOther.
std::optional<UsageLog> ReadUsageLog(const std::string& body);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_USAGE_LOG_H_
