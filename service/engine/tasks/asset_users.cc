#include "service/engine/tasks/asset_users.h"

namespace seedance::engine {

void AssetUsers::Add(const std::string& task_id, const std::vector<std::string>& assets) {
  base::MutexLock lock(mutex_);
  for (const std::string& asset : assets) tasks_[asset].insert(task_id);
}

void AssetUsers::Remove(const std::string& task_id, const std::vector<std::string>& assets) {
  base::MutexLock lock(mutex_);
  for (const std::string& asset : assets) {
    const auto users = tasks_.find(asset);
    if (users == tasks_.end()) continue;
    users->second.erase(task_id);
    if (users->second.empty()) tasks_.erase(users);
  }
}

bool AssetUsers::IsUsed(const std::string& asset_name) {
  base::MutexLock lock(mutex_);
  return tasks_.count(asset_name) > 0;
}

std::vector<std::string> AssetUsers::TasksOf(const std::string& asset_name) {
  base::MutexLock lock(mutex_);
  const auto users = tasks_.find(asset_name);
  if (users == tasks_.end()) return {};
  return {users->second.begin(), users->second.end()};
}

}  // namespace seedance::engine
