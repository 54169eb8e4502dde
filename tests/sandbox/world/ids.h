#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_IDS_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_IDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/base/random.h"

namespace seedance::sandbox {

// Ids in the vendors' forms. With a seed they depend on nothing but the seed and the calls before: the dates in them
// then count seconds from 2026-01-01. Thread-safe.
class Ids {
 public:
  explicit Ids(std::optional<uint64_t> seed);

  // `<prefix>-YYYYMMDDhhmmss-xxxxx` with five characters a-z0-9.
  std::string Dated(std::string_view prefix, absl::Time now);

  // `<prefix>` and `length` characters 0-9A-Za-z.
  std::string Random(std::string_view prefix, size_t length);

  // UUID version 4.
  std::string Uuid();

  // Starts again from the seed.
  void Reset();

 private:
  char PickLocked(std::string_view alphabet) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::optional<uint64_t> seed_;
  base::Mutex mutex_;
  std::unique_ptr<base::Random> random_ ABSL_GUARDED_BY(mutex_);
  int64_t dated_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_IDS_H_
