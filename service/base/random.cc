#include "service/base/random.h"

#include <openssl/rand.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_format.h"

namespace seedance::base {
namespace {

// Draws ahead per thread, because a call of OpenSSL costs about the same for 8 bytes as for some hundred.
class OpenSslRandom : public Random {
 public:
  uint64_t Bits() override {
    thread_local std::array<uint64_t, 32> drawn;
    thread_local size_t left = 0;
    if (left == 0) {
      // Without random bits the process must not issue ids.
      if (RAND_bytes(reinterpret_cast<unsigned char*>(drawn.data()), sizeof drawn) != 1) std::abort();
      left = drawn.size();
    }
    return std::exchange(drawn[--left], 0);
  }
};

std::string FormatUuid(uint64_t high, uint64_t low) {
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xffff, high & 0xffff, low >> 48,
                         low & 0xffffffffffff);
}

constexpr uint64_t kVariant = uint64_t{2} << 62;
constexpr uint64_t kVariantMask = ~(uint64_t{3} << 62);

}  // namespace

Random& SystemRandom() {
  static auto* random = new OpenSslRandom;
  return *random;
}

uint64_t SeededRandom::Bits() {
  MutexLock lock(mutex_);
  return engine_();
}

std::string MakeUuidV7(absl::Time now, Random& random) {
  const uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  const uint64_t high = (millis << 16) | 0x7000 | (random.Bits() & 0x0fff);
  return FormatUuid(high, (random.Bits() & kVariantMask) | kVariant);
}

std::string MakeUuidV4(Random& random) {
  const uint64_t high = (random.Bits() & ~uint64_t{0xf000}) | 0x4000;
  return FormatUuid(high, (random.Bits() & kVariantMask) | kVariant);
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

}  // namespace seedance::base
