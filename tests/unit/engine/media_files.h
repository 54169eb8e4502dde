#ifndef SEEDANCE_TESTS_UNIT_ENGINE_MEDIA_FILES_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_MEDIA_FILES_H_

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace seedance::testing {

inline std::string MediaFile(const std::string& name) {
  std::ifstream file(std::string(SEEDANCE_TEST_MEDIA_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  return bytes;
}

// A chunk of PNG.
inline std::string PngChunk(const std::string& type, const std::string& data) {
  uint32_t crc = ~uint32_t{0};
  for (const char c : type + data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return BigEndian(static_cast<uint32_t>(data.size())) + type + data + BigEndian(~crc);
}

// A sound picture of its own for each `note`, which is hidden in it before its end.
inline std::string Png(const std::string& note = "") {
  std::string png = MediaFile("hero.png");
  if (!note.empty()) png.insert(png.size() - 12, PngChunk("prVt", note));
  return png;
}

// A sound clip that ends with `padding` bytes of nothing.
inline std::string Clip(size_t padding = 0) {
  std::string clip = MediaFile("clip.mp4");
  if (padding > 0) clip += BigEndian(static_cast<uint32_t>(padding + 8)) + "free" + std::string(padding, '\0');
  return clip;
}

inline std::vector<std::string> Split(const std::string& bytes, size_t piece) {
  std::vector<std::string> pieces;
  for (size_t at = 0; at < bytes.size(); at += piece) pieces.push_back(bytes.substr(at, piece));
  return pieces;
}

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_MEDIA_FILES_H_
