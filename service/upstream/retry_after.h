#ifndef SEEDANCE_SERVICE_UPSTREAM_RETRY_AFTER_H_
#define SEEDANCE_SERVICE_UPSTREAM_RETRY_AFTER_H_

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace seedance::upstream {

// The wait that a Retry-After header asks for: seconds or an HTTP date. At least zero, at most a day. nullopt: the text
// is neither.
std::optional<absl::Duration> ParseRetryAfter(const std::string& text, absl::Time now);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_RETRY_AFTER_H_
