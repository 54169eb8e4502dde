#ifndef SEEDANCE_SERVICE_UPSTREAM_LINK_EXPIRY_H_
#define SEEDANCE_SERVICE_UPSTREAM_LINK_EXPIRY_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace seedance::upstream {

// Expiry of a presigned link, from its query: `X-<vendor>-Date` with `X-<vendor>-Expires` (seconds), as Amz and Tos
// write them, or a Unix time in `Expires` or `x-expires`. nullopt: the link does not state it.
//
// Tests: tests/unit/upstream/wire_details_test.cc
std::optional<absl::Time> LinkExpiry(std::string_view url);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_LINK_EXPIRY_H_
