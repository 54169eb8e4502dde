#ifndef SEEDANCE_SERVICE_HTTP_RETRY_AFTER_H_
#define SEEDANCE_SERVICE_HTTP_RETRY_AFTER_H_

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace seedance::http {

// The wait that a Retry-After header asks for: seconds (fractions are accepted) or an HTTP date in any of the three
// forms of RFC 9110. Between zero and `most`. nullopt: the text is neither.
std::optional<absl::Duration> ParseRetryAfter(const std::string& text, absl::Time now, absl::Duration most);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_RETRY_AFTER_H_
