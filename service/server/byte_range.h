#ifndef SEEDANCE_SERVICE_SERVER_BYTE_RANGE_H_
#define SEEDANCE_SERVICE_SERVER_BYTE_RANGE_H_

#include <cstdint>
#include <string_view>

namespace seedance::server {

// What a Range header asks of a file.
struct ByteRange {
  enum class Kind {
    kWhole,   // No header, one that asks for several ranges, or one that cannot be read: all of it.
    kPart,    // `length` bytes from `offset`; at least one.
    kBeyond,  // Nothing of the file is in the range.
  };
  Kind kind = Kind::kWhole;
  int64_t offset = 0;
  int64_t length = 0;
};

// `header` is the value of Range, empty when there was none; `size` is that of the file.
ByteRange ResolveRange(std::string_view header, int64_t size);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_BYTE_RANGE_H_
