#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_EPHEMERAL_FILES_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_EPHEMERAL_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::sandbox {

// A file that a caller gave to the vendor for a day.
struct EphemeralFile {
  std::string path;  // `/files/ephemeral/<token>.<ext>`, where it is served.
  std::string key;
  std::string name;  // As the caller called it.
  std::string sha256;
  std::shared_ptr<const std::string> bytes;
  absl::Time created;
  absl::Time expires;
};

// The files themselves. Thread-safe.
class EphemeralFiles {
 public:
  void Add(EphemeralFile file);
  // `bytes` is null when there is no such file (any more).
  EphemeralFile Find(const std::string& path, absl::Time now);
  std::vector<EphemeralFile> All(absl::Time now);
  void Reset();

 private:
  void PurgeLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  std::vector<EphemeralFile> files_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_EPHEMERAL_FILES_H_
