#ifndef SEEDANCE_SERVICE_UPSTREAM_CONTENT_RANGE_H_
#define SEEDANCE_SERVICE_UPSTREAM_CONTENT_RANGE_H_

#include <cstdint>
#include <optional>
#include <string>

namespace seedance::upstream {

// Upper bound of positions: larger ones in headers are false and could overflow.
inline constexpr int64_t kMostFileBytes = int64_t{1} << 40;

// The header `content-range` of an answer with a part of a file (RFC 9110, 14.4).
//
// Tests: tests/unit/upstream/result_fetch_test.cc, tests/unit/upstream/media_fetch_test.cc
struct ContentRange {
  int64_t first = 0;  // Position of the part, in bytes.
  int64_t total = 0;  // Bytes of the file; 0: unknown.
};

// Of `bytes 100-199/1000`. Nothing for what cannot be a range of a file.
std::optional<ContentRange> ParseContentRange(const std::string& text);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_CONTENT_RANGE_H_
