#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_ACCOUNT_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_ACCOUNT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "tests/sandbox/piapi/options.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// What each key of PiAPI may still do. A task's points are spent from its creation on, unless it failed. Thread-safe.
class PiApiAccount {
 public:
  PiApiAccount(const PiApiOptions& options, World& world) : options_(options), world_(world) {}

  // Points that are left; nothing: they are never short.
  std::optional<int64_t> Points(const std::string& key, absl::Time now);
  void SetPoints(const std::string& key, int64_t points, absl::Time now);

  // Tasks that have not ended.
  int64_t ActiveTasks(const std::string& key, absl::Time now);

  void Reset();

 private:
  int64_t Spent(const std::string& key, absl::Time now);

  const PiApiOptions& options_;
  World& world_;
  base::Mutex mutex_;
  std::map<std::string, int64_t> granted_ ABSL_GUARDED_BY(mutex_);  // Of keys whose points were set.
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_ACCOUNT_H_
