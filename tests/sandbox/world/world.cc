#include "tests/sandbox/world/world.h"

#include <algorithm>
#include <utility>

namespace seedance::sandbox {
namespace {

template <typename T>
T* Owned(T* row, const std::string& key) {
  return row != nullptr && row->key == key ? row : nullptr;
}

Group* Visible(Group* group, const std::string& key, absl::Time now) {
  group = Owned(group, key);
  return group != nullptr && group->visible <= now ? group : nullptr;
}

template <typename T>
std::optional<T> Copy(const T* row) {
  return row == nullptr ? std::nullopt : std::optional<T>(*row);
}

}  // namespace

std::string AssetStatus(const Asset& asset, absl::Time now) {
  if (asset.fetching || now < asset.settled) return "Processing";
  return asset.failure_code.empty() ? "Active" : "Failed";
}

template <typename T>
void World::Table<T>::Add(T row) {
  by_id[row.id] = rows.size();
  rows.push_back(std::move(row));
}

template <typename T>
T* World::Table<T>::Find(const std::string& id) {
  auto found = by_id.find(id);
  return found == by_id.end() ? nullptr : &*rows[found->second];
}

template <typename T>
void World::Table<T>::Erase(const std::string& id) {
  auto found = by_id.find(id);
  if (found == by_id.end()) return;
  rows[found->second].reset();
  by_id.erase(found);
}

template <typename T>
std::vector<T> World::Table<T>::All() const {
  std::vector<T> all;
  for (const std::optional<T>& row : rows) {
    if (row.has_value()) all.push_back(*row);
  }
  return all;
}

void World::AddGroup(Group group) {
  base::MutexLock lock(mutex_);
  groups_.Add(std::move(group));
}

std::optional<Group> World::FindGroup(const std::string& key, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  return Copy(Visible(groups_.Find(id), key, now));
}

std::vector<Group> World::Groups(const std::string& key, absl::Time now) {
  base::MutexLock lock(mutex_);
  std::vector<Group> found;
  for (const std::optional<Group>& group : groups_.rows) {
    if (group.has_value() && group->key == key && group->visible <= now) found.push_back(*group);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool World::RenameGroup(const std::string& key, const std::string& id, const std::string& name, absl::Time now) {
  base::MutexLock lock(mutex_);
  Group* group = Visible(groups_.Find(id), key, now);
  if (group == nullptr) return false;
  group->name = name;
  group->updated = now;
  return true;
}

bool World::DeleteGroup(const std::string& key, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  if (Visible(groups_.Find(id), key, now) == nullptr) return false;
  std::vector<std::string> inside;
  for (const std::optional<Asset>& asset : assets_.rows) {
    if (asset.has_value() && asset->group == id) inside.push_back(asset->id);
  }
  for (const std::string& asset : inside) assets_.Erase(asset);
  groups_.Erase(id);
  return true;
}

World::AddResult World::AddAsset(Asset asset) {
  base::MutexLock lock(mutex_);
  if (Visible(groups_.Find(asset.group), asset.key, asset.created) == nullptr) return AddResult::kNoGroup;
  for (const std::optional<Asset>& other : assets_.rows) {
    if (other.has_value() && other->group == asset.group && other->name == asset.name) return AddResult::kNameTaken;
  }
  assets_.Add(std::move(asset));
  return AddResult::kAdded;
}

std::optional<Asset> World::FindAsset(const std::string& key, const std::string& id) {
  base::MutexLock lock(mutex_);
  return Copy(Owned(assets_.Find(id), key));
}

std::vector<Asset> World::Assets(const std::string& key) {
  base::MutexLock lock(mutex_);
  std::vector<Asset> found;
  for (const std::optional<Asset>& asset : assets_.rows) {
    if (asset.has_value() && asset->key == key) found.push_back(*asset);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool World::ChangeAsset(const std::string& id, const std::function<void(Asset&)>& change) {
  base::MutexLock lock(mutex_);
  Asset* asset = assets_.Find(id);
  if (asset != nullptr) change(*asset);
  return asset != nullptr;
}

bool World::DeleteAsset(const std::string& key, const std::string& id) {
  base::MutexLock lock(mutex_);
  if (Owned(assets_.Find(id), key) == nullptr) return false;
  assets_.Erase(id);
  return true;
}

void World::AddTask(Task task) {
  base::MutexLock lock(mutex_);
  tasks_.Add(std::move(task));
}

std::optional<Task> World::FindTask(const std::string& key, const std::string& id) {
  base::MutexLock lock(mutex_);
  return Copy(Owned(tasks_.Find(id), key));
}

std::optional<Task> World::PollTask(const std::string& key, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  Task* task = Owned(tasks_.Find(id), key);
  if (task != nullptr) {
    ++task->polls;
    task->last_poll = now;
  }
  return Copy(task);
}

std::vector<Task> World::Tasks(const std::string& key) {
  base::MutexLock lock(mutex_);
  std::vector<Task> found;
  for (const std::optional<Task>& task : tasks_.rows) {
    if (task.has_value() && task->key == key) found.push_back(*task);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool World::CancelTask(const std::string& key, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  Task* task = Owned(tasks_.Find(id), key);
  if (task == nullptr || StageAt(task->plan, now) != Stage::kNotStarted) return false;
  CancelPlan(now, task->plan);
  return true;
}

std::optional<Task> World::FindAnyTask(const std::string& id) {
  base::MutexLock lock(mutex_);
  return Copy(tasks_.Find(id));
}

std::optional<Asset> World::FindAnyAsset(const std::string& id) {
  base::MutexLock lock(mutex_);
  return Copy(assets_.Find(id));
}

std::vector<Group> World::AllGroups() {
  base::MutexLock lock(mutex_);
  return groups_.All();
}

std::vector<Asset> World::AllAssets() {
  base::MutexLock lock(mutex_);
  return assets_.All();
}

std::vector<Task> World::AllTasks() {
  base::MutexLock lock(mutex_);
  return tasks_.All();
}

void World::ForEachTask(const std::function<void(const Task&)>& look) {
  base::MutexLock lock(mutex_);
  for (const std::optional<Task>& task : tasks_.rows) {
    if (task.has_value()) look(*task);
  }
}

std::vector<Task> World::TakeUnrefunded(absl::Time now) {
  std::vector<Task> taken;
  {
    base::MutexLock lock(mutex_);
    for (std::optional<Task>& task : tasks_.rows) {
      if (!task.has_value() || task->refunded || StageAt(task->plan, now) != Stage::kFailed) continue;
      task->refunded = true;
      taken.push_back(*task);
    }
  }
  std::stable_sort(taken.begin(), taken.end(),
                   [](const Task& a, const Task& b) { return a.plan.ended < b.plan.ended; });
  return taken;
}

void World::Reset() {
  base::MutexLock lock(mutex_);
  groups_ = {};
  assets_ = {};
  tasks_ = {};
}

}  // namespace seedance::sandbox
