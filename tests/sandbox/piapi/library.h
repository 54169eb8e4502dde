#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_LIBRARY_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_LIBRARY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "tests/sandbox/piapi/options.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// An asset that lives as long as somebody uses it.
struct ManagedAsset {
  Asset asset;  // Without a group.
  absl::Time last_used;
  absl::Time expires;
};

// PiAPI's private asset library: a quota for each key, and an idle time after which an asset is gone. Ephemeral assets
// (auto_upload_assets) are only counted. Another key's assets do not exist for a key. Values are copies. Thread-safe.
class PiApiLibrary {
 public:
  explicit PiApiLibrary(const PiApiOptions& options) : options_(options) {}

  // False: the quota is full; Failed assets do not count. The time is `asset.created`.
  bool Add(Asset asset);
  // Does not count as use.
  std::optional<ManagedAsset> Peek(const std::string& key, const std::string& id, absl::Time now);
  // These count as use.
  std::optional<ManagedAsset> Use(const std::string& key, const std::string& id, absl::Time now);
  std::vector<ManagedAsset> UseAll(const std::string& key, absl::Time now);  // Newest first.
  bool Delete(const std::string& key, const std::string& id, absl::Time now);
  // Ends the fetching of an asset; nothing happens when it is gone.
  void FinishFetch(const std::string& id, const std::function<void(Asset&)>& finish);

  // Holds `count` places for ephemeral assets until `until`; false: over the cap, none is held.
  bool HoldEphemeral(const std::string& key, int64_t count, absl::Time until, absl::Time now);

  // In order of creation.
  std::vector<ManagedAsset> All(absl::Time now);
  // Managed assets that count, ephemeral places that are held.
  int64_t Counted(const std::string& key, absl::Time now);
  int64_t Ephemeral(const std::string& key, absl::Time now);

  void Reset();

 private:
  // Forgets what was idle for too long.
  void PurgeLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ManagedAsset* FindLocked(const std::string& key, const std::string& id, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t CountedLocked(const std::string& key, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t EphemeralLocked(const std::string& key, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TouchLocked(ManagedAsset& row, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PiApiOptions& options_;
  base::Mutex mutex_;
  std::vector<ManagedAsset> rows_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<absl::Time>> ephemeral_ ABSL_GUARDED_BY(mutex_);  // By key: when places get free.
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_LIBRARY_H_
