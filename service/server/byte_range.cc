#include "service/server/byte_range.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace seedance::server {
namespace {

constexpr std::string_view kUnit = "bytes=";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Saturates: such an offset is beyond every file.
std::optional<int64_t> Number(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  int64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const int64_t digit = c - '0';
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    number = number > (kMost - digit) / 10 ? kMost : number * 10 + digit;
  }
  return number;
}

ByteRange Part(int64_t offset, int64_t length) { return {ByteRange::Kind::kPart, offset, length}; }

}  // namespace

ByteRange ResolveRange(std::string_view header, int64_t size) {
  const ByteRange whole{ByteRange::Kind::kWhole, 0, size};
  const ByteRange beyond{ByteRange::Kind::kBeyond, 0, 0};
  if (header.substr(0, kUnit.size()) != kUnit) return whole;
  const std::string_view range = Trimmed(header.substr(kUnit.size()));
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::string_view from = Trimmed(range.substr(0, dash));
  const std::string_view to = Trimmed(range.substr(dash + 1));
  const std::optional<int64_t> first = Number(from);
  const std::optional<int64_t> last = Number(to);
  if ((!first.has_value() && !from.empty()) || (!last.has_value() && !to.empty())) return whole;
  if (!first.has_value()) {
    // `-500`: the last 500 bytes.
    if (!last.has_value()) return whole;
    const int64_t length = std::min(*last, size);
    return length == 0 ? beyond : Part(size - length, length);
  }
  if (last.has_value() && *last < *first) return whole;
  if (*first >= size) return beyond;
  return Part(*first, std::min(last.value_or(size - 1), size - 1) - *first + 1);
}

}  // namespace seedance::server
