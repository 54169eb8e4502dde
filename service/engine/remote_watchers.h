#ifndef SEEDANCE_SERVICE_ENGINE_REMOTE_WATCHERS_H_
#define SEEDANCE_SERVICE_ENGINE_REMOTE_WATCHERS_H_

#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::engine {

// Which tasks somebody watches at one process.
struct WatchedTasks {
  std::set<std::string> tenants;          // All tasks of these.
  std::unordered_set<std::string> tasks;  // Ids.
  bool all = false;                       // Too many to name.

  bool operator==(const WatchedTasks&) const = default;
};

// As the text of a notice, and back. Words of newer releases are skipped.
std::string TextOf(const WatchedTasks& watched);
WatchedTasks ParseWatchedTasks(const std::string& text);

// Which tasks are watched at other processes that share the store, so that their polls keep the pace of watched tasks.
// Thread-safe.
//
// Tests: tests/unit/engine/notice_board_test.cc
class RemoteWatchers {
 public:
  // What is watched at `process` from now on, until `until` if it does not say so again. Returns the ids that are new.
  std::vector<std::string> Heard(const std::string& process, WatchedTasks watched, absl::Time until);

  // Whether the task of the tenant is watched at another process. Never blocks.
  bool Watches(const std::string& tenant, const std::string& id, absl::Time now);

 private:
  struct Entry {
    WatchedTasks watched;
    absl::Time until;
  };

  base::Mutex mutex_;
  std::map<std::string, Entry> by_process_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_REMOTE_WATCHERS_H_
