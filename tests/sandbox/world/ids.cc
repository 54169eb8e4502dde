#include "tests/sandbox/world/ids.h"

namespace seedance::sandbox {
namespace {

constexpr std::string_view kLowerAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kFullAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

std::unique_ptr<base::Random> MakeRandom(std::optional<uint64_t> seed) {
  return std::make_unique<base::SeededRandom>(seed.has_value() ? *seed : base::SystemRandom().Bits());
}

}  // namespace

Ids::Ids(std::optional<uint64_t> seed) : seed_(seed), random_(MakeRandom(seed)) {}

std::string Ids::Dated(std::string_view prefix, absl::Time now) {
  base::MutexLock lock(mutex_);
  ++dated_;
  if (seed_.has_value()) now = absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone()) + absl::Seconds(dated_);
  std::string id(prefix);
  id += '-';
  id += absl::FormatTime("%Y%m%d%H%M%S", now, absl::UTCTimeZone());
  id += '-';
  for (int i = 0; i < 5; ++i) id += PickLocked(kLowerAlphabet);
  return id;
}

std::string Ids::Random(std::string_view prefix, size_t length) {
  base::MutexLock lock(mutex_);
  std::string id(prefix);
  for (size_t i = 0; i < length; ++i) id += PickLocked(kFullAlphabet);
  return id;
}

std::string Ids::Uuid() {
  base::MutexLock lock(mutex_);
  return base::MakeUuidV4(*random_);
}

void Ids::Reset() {
  base::MutexLock lock(mutex_);
  random_ = MakeRandom(seed_);
  dated_ = 0;
}

char Ids::PickLocked(std::string_view alphabet) { return alphabet[random_->Bits() % alphabet.size()]; }

}  // namespace seedance::sandbox
