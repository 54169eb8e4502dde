#include "service/upstream/json_time.h"

#include <string>

namespace seedance::upstream {
namespace {

// Smaller numbers are years, dates in another form or zero, not times of this century.
constexpr int64_t kLeastSeconds = 100'000'000;
// Larger numbers are milliseconds.
constexpr int64_t kLeastMillis = 100'000'000'000;

}  // namespace

std::optional<absl::Time> ReadTime(const JsonNode& node) {
  const std::string text = node.Text();
  absl::Time time;
  if (node.IsText() && absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    if (time < absl::FromUnixSeconds(kLeastSeconds)) return std::nullopt;
    return time;
  }
  const std::optional<int64_t> number = node.Integer();
  if (!number.has_value() || *number < kLeastSeconds) return std::nullopt;
  if (*number > kLeastMillis) return absl::FromUnixMillis(*number);
  return absl::FromUnixSeconds(*number);
}

}  // namespace seedance::upstream
