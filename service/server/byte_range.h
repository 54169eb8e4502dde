#ifndef SEEDANCE_SERVICE_SERVER_BYTE_RANGE_H_
#define SEEDANCE_SERVICE_SERVER_BYTE_RANGE_H_

#include <cstdint>
#include <string_view>

namespace seedance::server {

// The part of a file that a Range header requests.
struct ByteRange {
  enum class Kind {
    kWhole,   // All: no header, several ranges, or an unreadable one.
    kPart,    // `length` (at least one) bytes from `offset`.
    kBeyond,  // The range has no byte of the file.
  };
  Kind kind = Kind::kWhole;
  int64_t offset = 0;
  int64_t length = 0;
};

// `header`: value of Range, empty without one. `size`: of the file, in bytes. Pure function.
ByteRange ResolveRange(std::string_view header, int64_t size);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_BYTE_RANGE_H_
