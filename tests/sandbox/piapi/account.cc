#include "tests/sandbox/piapi/account.h"

#include "tests/sandbox/piapi/view.h"

namespace seedance::sandbox {

std::optional<int64_t> PiApiAccount::Points(const std::string& key, absl::Time now) {
  const int64_t spent = Spent(key, now);
  base::MutexLock lock(mutex_);
  auto found = granted_.find(key);
  if (found != granted_.end()) return found->second - spent;
  return options_.points.has_value() ? std::optional<int64_t>(*options_.points - spent) : std::nullopt;
}

void PiApiAccount::SetPoints(const std::string& key, int64_t points, absl::Time now) {
  const int64_t spent = Spent(key, now);
  base::MutexLock lock(mutex_);
  granted_[key] = points + spent;
}

int64_t PiApiAccount::ActiveTasks(const std::string& key, absl::Time now) {
  int64_t count = 0;
  world_.ForEachTask([&](const Task& task) {
    if (task.piapi == nullptr || task.key != key || ForgottenAt(task.plan, now)) return;
    if (now < task.plan.ended) ++count;
  });
  return count;
}

void PiApiAccount::Reset() {
  base::MutexLock lock(mutex_);
  granted_.clear();
}

int64_t PiApiAccount::Spent(const std::string& key, absl::Time now) {
  int64_t spent = 0;
  world_.ForEachTask([&](const Task& task) {
    if (task.piapi == nullptr || task.key != key || StageAt(task.plan, now) == Stage::kFailed) return;
    spent += task.piapi->points;
  });
  return spent;
}

}  // namespace seedance::sandbox
