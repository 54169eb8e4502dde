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

// Tasks as a backend's database has them, in memory: what Find returns is what a read of the database would return
// now. For a backend whose database nobody else writes. It tells the cache of every write before it begins and after it
// ended, and may offer what it reads; a task with a write under way is not in the cache, so that no reader can find
// here less than another found in the database.
//
// Bounded: the tasks that were not asked for longest go first. Thread-safe; never blocks on the database.
class TaskCache {
 public:
  using Task = std::shared_ptr<const model::GenerationTask>;

  // Keeps tasks of about `max_bytes` together.
  explicit TaskCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null: ask the database.
  Task Find(const std::string& id);

  // Around a write of the task, by any number of threads. EndWrite gets what was committed; null when the task is gone
  // or what was written is not known, as after an error.
  void BeginWrite(const std::string& id);
  void EndWrite(const std::string& id, Task committed);

  // Around a read of the task from the database. What EndRead gets (null: nothing) is kept unless a write began since
  // BeginRead, whose result `turn` is.
  uint64_t BeginRead(const std::string& id);
  void EndRead(const std::string& id, uint64_t turn, Task read);

  // What is kept.
  size_t bytes();

 private:
  struct Entry {
    std::string id;
    uint64_t turn = 0;       // Of the newest read under way; 0 once a write began.
    int writes = 0;          // Under way.
    bool uncertain = false;  // One of them failed.
    Task task;               // Not told while writes are under way.
    size_t bytes = 0;        // Of `task`, in bytes_.
  };
  using Entries = std::list<Entry>;

  // The entry, made if there is none, as the one asked for last.
  Entry& At(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(Entry& entry, Task task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Shrink() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;
  base::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // The one asked for last is the first.
  std::unordered_map<std::string, Entries::iterator> by_id_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t turns_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_TASK_CACHE_H_
