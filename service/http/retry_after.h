#ifndef SEEDANCE_SERVICE_HTTP_RETRY_AFTER_H_
#define SEEDANCE_SERVICE_HTTP_RETRY_AFTER_H_

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace seedance::http {

// Delay of a Retry-After header: seconds (fractions are accepted) or an HTTP date in any of the three forms of RFC
// 9110. Clamped to [0, `most`]. nullopt: the text is neither.
//
// Tests: tests/unit/upstream/wire_details_test.cc
std::optional<absl::Duration> ParseRetryAfter(const std::string& text, absl::Time now, absl::Duration most);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_RETRY_AFTER_H_
