#ifndef SEEDANCE_SERVICE_STORE_TASK_STORE_H_
#define SEEDANCE_SERVICE_STORE_TASK_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/generation_task.h"
#include "service/model/page.h"

namespace seedance::store {

// The tasks of the store and their history. Rules for all methods: store.h.
class TaskStore {
 public:
  virtual ~TaskStore() = default;

  // NOT_FOUND when there is none.
  virtual absl::StatusOr<model::GenerationTask> GetTask(const std::string& id) = 0;
  // The result of GetTask if it is known without asking the database. Null means unknown, not absent. Never blocks.
  virtual std::shared_ptr<const model::GenerationTask> PeekTask(const std::string& id) = 0;
  // As UpdateAsset.
  virtual absl::StatusOr<model::GenerationTask> UpdateTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) = 0;
  // The same as work of the task's shard: ABORTED when that is not this process's (ownership.h).
  virtual absl::StatusOr<model::GenerationTask> UpdateOwnedTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) = 0;

  // Which tasks a list returns.
  struct TaskFilter {
    std::string tenant;                         // Required.
    std::vector<model::TaskState> states;       // Empty: all.
    std::map<std::string, std::string> labels;  // All must match.
    std::set<std::string> ids = {};             // Only these tasks. Empty: all.
    absl::Time created_from = absl::InfinitePast();
    absl::Time created_before = absl::InfiniteFuture();  // Not included.
    std::string upstream = {};                           // Empty: all; so for the others below.
    std::string model = {};                              // Not for CountTasks, here and below.
    std::string prompt_text = {};                        // In the prompt, ASCII letters in either case.
  };
  // As ListGroups. With `model` or `prompt_text` a page may have fewer tasks, or none, though another one follows: a
  // call reads 1,000 tasks at most.
  virtual absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(const TaskFilter& filter,
                                                                       const model::PageCursor& after, int limit) = 0;
  // How many tasks fit, by state. States without any are missing.
  virtual absl::StatusOr<std::map<model::TaskState, int64_t>> CountTasks(const TaskFilter& filter) = 0;
  // All tasks of every tenant in a state that is not terminal.
  virtual absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks() = 0;
  // The task with this id at the vendor `upstream`; nullopt: none.
  virtual absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(
      const std::string& upstream, const std::string& upstream_task_id) = 0;
  // Whether a deleted task, whose tombstone still exists, had this id at the vendor `upstream`.
  virtual absl::StatusOr<bool> IsDeletedTaskOf(const std::string& upstream, const std::string& upstream_task_id) = 0;

  // Deletes the task if `check` returns OK; its error is returned otherwise. Leaves a tombstone with the next revision,
  // which is returned. The journal entry stays. `check` must not call the store. NOT_FOUND when there is none.
  virtual absl::StatusOr<int64_t> DeleteTask(const std::string& id, absl::Time now,
                                             absl::FunctionRef<absl::Status(const model::GenerationTask&)> check) = 0;
  // Deletes at most `limit` tasks that ended before `ended_before`, oldest first, as DeleteTask does, with their
  // journal entries. Returns the deleted tasks.
  virtual absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(absl::Time ended_before, absl::Time now,
                                                                        int limit) = 0;

  // ---- History of tasks, for readers that follow all of a tenant's ----

  // The present state of a changed task at its newest revision, or its deletion at that revision.
  struct TaskChange {
    int64_t revision = 0;
    std::string id;
    std::optional<model::GenerationTask> task;  // Not set: deleted.
  };
  // At most `limit` (>= 1) changes of the tenant's tasks after revision `after`, by ascending revision. Each task
  // appears once, with its newest change. Sees everything committed before the call.
  virtual absl::StatusOr<std::vector<TaskChange>> ListTaskChanges(const std::string& tenant, int64_t after,
                                                                  int limit) = 0;
  // Range of revisions that the history covers.
  struct HistoryBounds {
    int64_t newest = 0;     // Revision of the newest write of the whole store.
    int64_t forgotten = 0;  // Tombstones up to this revision may be gone.
  };
  // Both from one snapshot.
  virtual absl::StatusOr<HistoryBounds> GetHistoryBounds() = 0;
  // Deletes tombstones of tasks deleted before `before`. Returns how many.
  virtual absl::StatusOr<int> TrimDeletions(absl::Time before) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_TASK_STORE_H_
