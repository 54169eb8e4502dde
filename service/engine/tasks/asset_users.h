#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_ASSET_USERS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_ASSET_USERS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "service/base/mutex.h"

namespace seedance::engine {

// Which open tasks refer to an asset. TaskTable writes it; what keeps assets alive reads it. Thread-safe; its lock is a
// leaf.
//
// Tests: tests/unit/engine/tasks/task_table_test.cc
class AssetUsers {
 public:
  // `assets`: names, each once. Remove takes out what Add put in.
  void Add(const std::string& task_id, const std::vector<std::string>& assets);
  void Remove(const std::string& task_id, const std::vector<std::string>& assets);

  bool IsUsed(const std::string& asset_name);
  // Ids of tasks, in their order.
  std::vector<std::string> TasksOf(const std::string& asset_name);

 private:
  base::Mutex mutex_;
  std::map<std::string, std::set<std::string>> tasks_ ABSL_GUARDED_BY(mutex_);  // Ids by name of asset; none is empty.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_ASSET_USERS_H_
