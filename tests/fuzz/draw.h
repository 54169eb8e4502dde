#ifndef SEEDANCE_TESTS_FUZZ_DRAW_H_
#define SEEDANCE_TESTS_FUZZ_DRAW_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace seedance::fuzz {

// Random choices that are the same for the same seed. Not thread-safe.
class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}

  uint64_t Bits() { return engine_(); }
  // 0 to `count` - 1; `count` is at least 1.
  size_t Below(size_t count) { return static_cast<size_t>(engine_() % count); }
  bool Chance(double probability) { return static_cast<double>(engine_() >> 11) * 0x1.0p-53 < probability; }

  template <typename T>
  const T& OneOf(const std::vector<T>& values) {
    return values[Below(values.size())];
  }

  std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(engine_());
    return bytes;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_DRAW_H_
