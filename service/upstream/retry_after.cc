#include "service/upstream/retry_after.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace seedance::upstream {

std::optional<absl::Duration> ParseRetryAfter(const std::string& text, absl::Time now) {
  absl::Duration wait;
  absl::Time date;
  if (double seconds = 0; absl::SimpleAtod(text, &seconds) && seconds >= 0) {
    wait = absl::Seconds(std::min(seconds, 86400.0));
  } else if (absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", text, &date, nullptr)) {
    wait = date - now;
  } else {
    return std::nullopt;
  }
  return std::clamp(wait, absl::ZeroDuration(), absl::Hours(24));
}

}  // namespace seedance::upstream
