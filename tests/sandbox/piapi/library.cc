#include "tests/sandbox/piapi/library.h"

#include <algorithm>
#include <utility>

namespace seedance::sandbox {

bool PiApiLibrary::Add(Asset asset) {
  base::MutexLock lock(mutex_);
  const absl::Time now = asset.created;
  PurgeLocked(now);
  if (CountedLocked(asset.key, now) >= options_.AssetQuota()) return false;
  rows_.push_back({std::move(asset), now, now + options_.AssetTtl()});
  return true;
}

std::optional<ManagedAsset> PiApiLibrary::Peek(const std::string& key, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  const ManagedAsset* row = FindLocked(key, id, now);
  return row == nullptr ? std::nullopt : std::optional<ManagedAsset>(*row);
}

std::optional<ManagedAsset> PiApiLibrary::Use(const std::string& key, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  ManagedAsset* row = FindLocked(key, id, now);
  if (row == nullptr) return std::nullopt;
  TouchLocked(*row, now);
  return *row;
}

std::vector<ManagedAsset> PiApiLibrary::UseAll(const std::string& key, absl::Time now) {
  base::MutexLock lock(mutex_);
  PurgeLocked(now);
  std::vector<ManagedAsset> found;
  for (ManagedAsset& row : rows_) {
    if (row.asset.key != key) continue;
    TouchLocked(row, now);
    found.push_back(row);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool PiApiLibrary::Delete(const std::string& key, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  const ManagedAsset* row = FindLocked(key, id, now);
  if (row == nullptr) return false;
  rows_.erase(rows_.begin() + (row - rows_.data()));
  return true;
}

void PiApiLibrary::FinishFetch(const std::string& id, const std::function<void(Asset&)>& finish) {
  base::MutexLock lock(mutex_);
  for (ManagedAsset& row : rows_) {
    if (row.asset.id == id) finish(row.asset);
  }
}

bool PiApiLibrary::HoldEphemeral(const std::string& key, int64_t count, absl::Time until, absl::Time now) {
  base::MutexLock lock(mutex_);
  if (EphemeralLocked(key, now) + count > options_.max_ephemeral_assets) return false;
  ephemeral_[key].insert(ephemeral_[key].end(), static_cast<size_t>(count), until);
  return true;
}

std::vector<ManagedAsset> PiApiLibrary::All(absl::Time now) {
  base::MutexLock lock(mutex_);
  PurgeLocked(now);
  return rows_;
}

int64_t PiApiLibrary::Counted(const std::string& key, absl::Time now) {
  base::MutexLock lock(mutex_);
  PurgeLocked(now);
  return CountedLocked(key, now);
}

int64_t PiApiLibrary::Ephemeral(const std::string& key, absl::Time now) {
  base::MutexLock lock(mutex_);
  return EphemeralLocked(key, now);
}

void PiApiLibrary::Reset() {
  base::MutexLock lock(mutex_);
  rows_.clear();
  ephemeral_.clear();
}

void PiApiLibrary::PurgeLocked(absl::Time now) {
  rows_.erase(std::remove_if(rows_.begin(), rows_.end(), [&](const ManagedAsset& row) { return row.expires <= now; }),
              rows_.end());
}

ManagedAsset* PiApiLibrary::FindLocked(const std::string& key, const std::string& id, absl::Time now) {
  PurgeLocked(now);
  for (ManagedAsset& row : rows_) {
    if (row.asset.id == id && row.asset.key == key) return &row;
  }
  return nullptr;
}

int64_t PiApiLibrary::CountedLocked(const std::string& key, absl::Time now) {
  return std::count_if(rows_.begin(), rows_.end(), [&](const ManagedAsset& row) {
    return row.asset.key == key && AssetStatus(row.asset, now) != "Failed";
  });
}

int64_t PiApiLibrary::EphemeralLocked(const std::string& key, absl::Time now) {
  std::vector<absl::Time>& held = ephemeral_[key];
  held.erase(std::remove_if(held.begin(), held.end(), [&](absl::Time until) { return until <= now; }), held.end());
  return static_cast<int64_t>(held.size());
}

void PiApiLibrary::TouchLocked(ManagedAsset& row, absl::Time now) {
  row.last_used = now;
  row.expires = now + options_.AssetTtl();
}

}  // namespace seedance::sandbox
