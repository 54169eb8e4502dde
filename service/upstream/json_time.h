#ifndef SEEDANCE_SERVICE_UPSTREAM_JSON_TIME_H_
#define SEEDANCE_SERVICE_UPSTREAM_JSON_TIME_H_

#include <optional>

#include "absl/time/time.h"
#include "service/upstream/json_node.h"

namespace seedance::upstream {

// Parses RFC 3339 text, or a number of Unix seconds or milliseconds. nullopt: zero (also year 1, Go's zero value) or
// anything else.
//
// Tests: tests/unit/upstream/wire_details_test.cc
std::optional<absl::Time> ReadTime(const JsonNode& node);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_JSON_TIME_H_
