#include "tests/sandbox/world/ephemeral_files.h"

#include <algorithm>
#include <utility>

namespace seedance::sandbox {

void EphemeralFiles::Add(EphemeralFile file) {
  base::MutexLock lock(mutex_);
  PurgeLocked(file.created);
  files_.push_back(std::move(file));
}

EphemeralFile EphemeralFiles::Find(const std::string& path, absl::Time now) {
  base::MutexLock lock(mutex_);
  PurgeLocked(now);
  for (const EphemeralFile& file : files_) {
    if (file.path == path) return file;
  }
  return {};
}

std::vector<EphemeralFile> EphemeralFiles::All(absl::Time now) {
  base::MutexLock lock(mutex_);
  PurgeLocked(now);
  return files_;
}

void EphemeralFiles::Reset() {
  base::MutexLock lock(mutex_);
  files_.clear();
}

void EphemeralFiles::PurgeLocked(absl::Time now) {
  files_.erase(
      std::remove_if(files_.begin(), files_.end(), [&](const EphemeralFile& file) { return file.expires <= now; }),
      files_.end());
}

}  // namespace seedance::sandbox
