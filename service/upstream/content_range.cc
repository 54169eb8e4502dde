#include "service/upstream/content_range.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace seedance::upstream {

std::optional<ContentRange> ParseContentRange(const std::string& text) {
  if (!absl::StartsWithIgnoreCase(text, "bytes ")) return std::nullopt;
  ContentRange range;
  if (!absl::SimpleAtoi(text.substr(6, text.find('-') - 6), &range.first) || range.first < 0) return std::nullopt;
  const size_t slash = text.find('/');
  const bool known = slash != std::string::npos && absl::SimpleAtoi(text.substr(slash + 1), &range.total);
  if (!known || range.total < 0) range.total = 0;
  if (range.first > kMostFileBytes || range.total > kMostFileBytes) return std::nullopt;
  return range;
}

}  // namespace seedance::upstream
