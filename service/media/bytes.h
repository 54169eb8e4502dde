#ifndef SEEDANCE_SERVICE_MEDIA_BYTES_H_
#define SEEDANCE_SERVICE_MEDIA_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace seedance::media {

// A view of a part of a file, read as numbers of either byte order. Reads beyond its end give zero. Not owning; a
// value.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  // Size in bytes.
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

  // Numbers at offset `at`: one byte; big-endian; little-endian.
  uint8_t At(size_t at) const { return at < bytes_.size() ? static_cast<uint8_t>(bytes_[at]) : uint8_t{0}; }

  uint16_t Big16(size_t at) const { return static_cast<uint16_t>(Big(at, 2)); }
  uint32_t Big32(size_t at) const { return static_cast<uint32_t>(Big(at, 4)); }
  uint64_t Big64(size_t at) const { return Big(at, 8); }
  uint16_t Little16(size_t at) const { return static_cast<uint16_t>(Little(at, 2)); }
  uint32_t Little24(size_t at) const { return static_cast<uint32_t>(Little(at, 3)); }
  uint32_t Little32(size_t at) const { return static_cast<uint32_t>(Little(at, 4)); }
  uint64_t Little64(size_t at) const { return Little(at, 8); }

  // At most `length` bytes from offset `at`.
  std::string_view Text(size_t at, size_t length = std::string_view::npos) const {
    return at < bytes_.size() ? bytes_.substr(at, length) : std::string_view();
  }
  // Whether `text` is at offset `at`.
  bool Has(size_t at, std::string_view text) const { return Text(at, text.size()) == text; }
  // The view from offset `at` on.
  Bytes From(size_t at) const { return Bytes(Text(at)); }

 private:
  // `count` bytes at `at` as a number.
  uint64_t Big(size_t at, size_t count) const {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value = value << 8 | At(at + i);
    return value;
  }
  uint64_t Little(size_t at, size_t count) const {
    uint64_t value = 0;
    for (size_t i = count; i > 0; --i) value = value << 8 | At(at + i - 1);
    return value;
  }

  std::string_view bytes_;
};

// A chunk or box type of four letters as Big32 reads it.
constexpr uint32_t Tag(const char (&letters)[5]) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(letters[i]);
  return value;
}

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_BYTES_H_
