#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_RECENT_CHANGES_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_RECENT_CHANGES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/functional/function_ref.h"
#include "service/engine/watch/watch_snapshot.h"
#include "service/model/generation_task.h"
#include "service/store/store.h"

namespace seedance::engine {

// A change of a task as all readers share it.
struct SharedTaskChange {
  explicit SharedTaskChange(store::Store::TaskChange change);

  int64_t revision;
  std::string id;
  std::shared_ptr<const WatchSnapshot<model::GenerationTask>> task;  // Null: deleted.
  size_t bytes;                                                      // About its size in a message.
};

// The newest changes of a tenant's tasks in the order of their revisions, each task once, bounded in number and bytes.
// Not thread-safe.
class RecentChanges {
 public:
  // Knows all changes after revision `start`. At most `max_changes` are kept, of `max_bytes` together or one.
  RecentChanges(int64_t start, size_t max_changes, size_t max_bytes)
      : max_changes_(max_changes), max_bytes_(max_bytes), complete_after_(start) {}

  // The next change: its revision is greater than that of every change before. Replaces an older change of the same
  // task; drops the oldest changes that no longer fit, which raises complete_after().
  void Add(SharedTaskChange change);

  // Every change after this revision is here: a reader behind it must ask the store.
  int64_t complete_after() const { return complete_after_; }

  // Calls `visit` with the changes after revision `after`, in order, until it returns false. Returns whether all were
  // visited. Right only for `after` >= complete_after().
  bool Visit(int64_t after, absl::FunctionRef<bool(const SharedTaskChange&)> visit) const;

  size_t size() const { return changes_.size(); }

 private:
  void Drop(std::map<int64_t, SharedTaskChange>::iterator change);

  const size_t max_changes_;
  const size_t max_bytes_;
  int64_t complete_after_;
  size_t bytes_ = 0;
  std::map<int64_t, SharedTaskChange> changes_;         // By revision.
  std::unordered_map<std::string, int64_t> revisions_;  // Of the tasks in changes_.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_RECENT_CHANGES_H_
