#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_WRITER_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_WRITER_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/backoff.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/tasks/task_metrics.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/watch/watch_hub.h"
#include "service/model/generation_task.h"
#include "service/store/task_store.h"

namespace seedance::engine {

// The one way to change an open task: checks the change against the table of states, writes it, tells the task table,
// publishes it, and logs a change of state. Thread-safe; blocks for the store. Must not be called under a lock.
class TaskWriter {
 public:
  using Edit = absl::FunctionRef<absl::Status(model::GenerationTask&)>;
  using Condition = absl::FunctionRef<bool(const model::GenerationTask&)>;
  using Change = absl::FunctionRef<void(model::GenerationTask&)>;

  // Who writes. kOwner: the work of the task's shard, which is ABORTED when another process has it (store::Ownership).
  enum class By { kOwner, kAnybody };

  struct Options {
    TaskMetrics* metrics = nullptr;  // Outlives the writer. Null: nobody looks.
    By by = By::kAnybody;
  };

  TaskWriter(store::TaskStore& store, TaskTable& table, WatchHub<model::GenerationTask>& hub, base::Clock& clock,
             base::Random& random, const Options& options)
      : store_(store), table_(table), hub_(hub), clock_(clock), random_(random), options_(options) {}

  // The same for what is not its owner's work.
  TaskWriter ForAnybody() const { return {store_, table_, hub_, clock_, random_, {options_.metrics}}; }

  // Returns the task as written. An error of `edit` is returned and nothing is written; so is an edit that breaks the
  // table of states, which is logged and kInternal.
  absl::StatusOr<model::GenerationTask> Write(const std::string& id, Edit edit);

  // Compare and set: the same if `condition` holds for the task as it is stored; else ABORTED, and nothing is written.
  absl::StatusOr<model::GenerationTask> WriteIf(const std::string& id, Condition condition, Change change);

  // WriteIf, again until the store can be used: what the vendor said must not be lost. kStoreUnavailable only when
  // `until` is cancelled before.
  absl::StatusOr<model::GenerationTask> WriteSurely(const std::string& id, Condition condition, Change change,
                                                    const std::shared_ptr<base::CancelToken>& until);

  // The one way back from an end: an EXPIRED task of which it became known what the vendor calls it becomes QUEUED by
  // `edit`, and is followed again. Else as Write.
  absl::StatusOr<model::GenerationTask> Reopen(const std::string& id, Edit edit);

  // Keeps what the task cost by the vendor's own log, also after its end. OK when that is no news.
  absl::Status SettleCost(const std::string& id, const model::Cost& cost);

 private:
  using MayChange = bool (*)(model::TaskState from, model::TaskState to);
  absl::StatusOr<model::GenerationTask> WriteBy(MayChange may_change, const std::string& id, Edit edit);

  store::TaskStore& store_;
  TaskTable& table_;
  WatchHub<model::GenerationTask>& hub_;
  base::Clock& clock_;
  base::Random& random_;
  Options options_;
};

// Conditions of WriteIf.
inline auto IsIn(model::TaskState state) {
  return [state](const model::GenerationTask& task) { return task.state == state; };
}
inline bool IsAtVendor(const model::GenerationTask& task) { return IsSubmitted(task.state); }
inline bool HasNotEnded(const model::GenerationTask& task) { return !model::IsTerminal(task.state); }

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_WRITER_H_
