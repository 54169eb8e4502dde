#ifndef SEEDANCE_SERVICE_BASE_RANDOM_H_
#define SEEDANCE_SERVICE_BASE_RANDOM_H_

#include <cstdint>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::base {

// Source of randomness. Implementations are thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  // 64 uniform bits.
  virtual uint64_t Bits() = 0;
  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(Bits() >> 11) * 0x1.0p-53; }
};

// Unpredictable bits of the operating system. Never destroyed.
Random& SystemRandom();

// A deterministic sequence per seed, for tests.
class SeededRandom : public Random {
 public:
  // Not for secrets: the sequence is predictable.
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t Bits() override;

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ ABSL_GUARDED_BY(mutex_);
};

// UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits. Texts sort by time.
std::string MakeUuidV7(absl::Time now, Random& random);

// UUID version 4 (RFC 9562): random bits.
std::string MakeUuidV4(Random& random);

// Whether `text` is 36 characters of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, hex digits in any case.
bool IsUuid(std::string_view text);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_RANDOM_H_
