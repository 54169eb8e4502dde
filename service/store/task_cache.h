#ifndef SEEDANCE_SERVICE_STORE_TASK_CACHE_H_
#define SEEDANCE_SERVICE_STORE_TASK_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "service/base/mutex.h"
#include "service/model/generation_task.h"

namespace seedance::store {

// Write-through cache of tasks: Find returns what a read of the database would return now. For a backend whose database
// has no other writer. The backend reports every write before it begins and after it has ended, and may offer what it
// reads. A task with a write under way is not in the cache, so no reader sees less here than another saw in the
// database.
//
// Bounded: least recently used tasks are evicted first. Thread-safe; never blocks on the database.
class TaskCache {
 public:
  using Task = std::shared_ptr<const model::GenerationTask>;

  // `max_bytes`: approximate size of all cached tasks together.
  explicit TaskCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // The cached task; null: ask the database.
  Task Find(const std::string& id);

  // Bracket a write of the task, on any number of threads. `committed`: the task as committed; null when it is gone or
  // the outcome is unknown, as after an error.
  void BeginWrite(const std::string& id);
  void EndWrite(const std::string& id, Task committed);

  // Bracket a read of the task from the database. EndRead keeps `read` (null: nothing) unless a write began since
  // BeginRead, which returned `turn`.
  uint64_t BeginRead(const std::string& id);
  void EndRead(const std::string& id, uint64_t turn, Task read);

  // Approximate size of the cached tasks, in bytes.
  size_t bytes();

 private:
  struct Entry {
    std::string id;
    uint64_t turn = 0;       // Of the newest read under way; 0 after a write began.
    int writes = 0;          // Writes under way.
    bool uncertain = false;  // One of them failed.
    Task task;               // Not returned while writes are under way.
    size_t bytes = 0;        // Size of `task`, included in bytes_.
  };
  using Entries = std::list<Entry>;

  // The entry of `id`, created if absent, moved to the front.
  Entry& At(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(Entry& entry, Task task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Shrink() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;
  base::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // Most recently used first.
  std::unordered_map<std::string, Entries::iterator> by_id_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t turns_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_TASK_CACHE_H_
