#ifndef SEEDANCE_TESTS_TESTING_MEDIA_WRITER_H_
#define SEEDANCE_TESTS_TESTING_MEDIA_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace seedance::testing {

// A number of `bytes` bytes; the most significant one first, or last.
inline std::string Big(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}
inline std::string Little(uint64_t value, int bytes) {
  const std::string text = Big(value, bytes);
  return std::string(text.rbegin(), text.rend());
}

inline std::string Zeros(size_t count) { return std::string(count, '\0'); }

// Letters that look random. None of them means anything in any format.
inline std::string Noise(size_t count, uint32_t seed) {
  std::string text(count, ' ');
  uint32_t state = seed * 2654435761u + 1;
  for (char& letter : text) {
    state = state * 1664525u + 1013904223u;
    letter = static_cast<char>('a' + (state >> 16) % 26);
  }
  return text;
}

// A box of ISO/IEC 14496-12.
inline std::string Box(std::string_view type, std::string_view content) {
  return Big(8 + content.size(), 4) + std::string(type) + std::string(content);
}
inline std::string FullBox(std::string_view type, int version, uint32_t flags, std::string_view content) {
  return Box(type, Big(static_cast<uint64_t>(version), 1) + Big(flags, 3) + std::string(content));
}

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_MEDIA_WRITER_H_
