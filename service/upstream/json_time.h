#ifndef SEEDANCE_SERVICE_UPSTREAM_JSON_TIME_H_
#define SEEDANCE_SERVICE_UPSTREAM_JSON_TIME_H_

#include <optional>

#include "absl/time/time.h"
#include "service/upstream/json_node.h"

namespace seedance::upstream {

// RFC 3339 text, or Unix seconds or milliseconds; zero (also the year 1, Go's zero) and nonsense: nullopt.
std::optional<absl::Time> ReadTime(const JsonNode& node);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_JSON_TIME_H_
