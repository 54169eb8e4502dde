#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_RECONCILER_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_RECONCILER_H_

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/lookup_schedule.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/tasks/task_observers.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_writer.h"
#include "service/model/generation_task.h"
#include "service/store/ownership.h"
#include "service/store/task_store.h"

namespace seedance::engine {

struct ReconcileTaskParams {
  std::string id;
  // What became of the submission, by the operator's word; neither: the vendor's list is searched.
  std::optional<std::string> upstream_task_id;
  bool not_accepted = false;
};

// A task at the vendor that may be the one in doubt.
struct TaskCandidate {
  std::string upstream_task_id;
  absl::Time create_time = absl::InfinitePast();  // InfinitePast: the vendor does not say.
  model::TaskState state = model::TaskState::kUnspecified;
};

struct ReconciledTask {
  model::GenerationTask task;             // As it is now.
  std::vector<TaskCandidate> candidates;  // Only after a search; the closest in time first, at most 20.
};

// Settles tasks in SUBMIT_UNKNOWN: by looking for them at the vendor, some time after the answer was lost and after a
// start, and by ReconcileGenerationTask (generation_task.proto states rules and errors). Nothing is ever sent again. A
// task of the vendor is bound to at most one task of ours. Thread-safe.
class TaskReconciler : public InDoubtObserver {
 public:
  struct Options {
    absl::Duration deadline = absl::Hours(2);  // Least time that a task which was found is followed.
  };

  TaskReconciler(const Options& options, store::TaskStore& store, VendorAccounts& accounts, TaskTable& table,
                 TaskWriter& writer, base::Clock& clock);

  void Start() { schedule_.Start(); }
  // Looks for every task of these shards that is in doubt. Call it after the tracker's TakeUp. Errors of the store.
  absl::Status TakeUp(const store::ShardSet& shards);
  void Stop() { schedule_.Stop(); }

  // Looks for it some time later.
  void OnInDoubt(const model::GenerationTask& task) override { schedule_.Add(task.id, /*at_once=*/false); }

  // Settles a task in SUBMIT_UNKNOWN by what was proven elsewhere: `by` names the proof in the log. kTaskNotInDoubt: it
  // is settled already; kInvalidInput: another task has the id.
  absl::StatusOr<model::GenerationTask> BindProven(const std::string& id, const std::string& upstream_task_id,
                                                   absl::Time submit_time, const char* by);
  absl::StatusOr<model::GenerationTask> NotTakenProven(const std::string& id, const char* by);

  // `task` is the caller's, as it was just read. Calls the vendor on the upstream's `polls` threads.
  void Reconcile(const CallContext& context, const model::GenerationTask& task, const ReconcileTaskParams& params,
                 Done<ReconciledTask> done);

 private:
  using VendorId = std::pair<std::string, std::string>;  // Upstream, and the vendor's id of a task.

  void LookByItself(const std::string& id);
  absl::StatusOr<ReconciledTask> Search(const upstream::CallOptions& call, const std::string& id,
                                        VendorAccount& account);
  // What of `there` is and was bound to no task of ours, the closest in time first.
  absl::StatusOr<std::vector<upstream::TaskSighting>> Unbound(const model::GenerationTask& task,
                                                              std::vector<upstream::TaskSighting> there,
                                                              VendorAccount& account);
  absl::StatusOr<model::GenerationTask> BindAsTold(const upstream::CallOptions& call, const model::GenerationTask& task,
                                                   const std::string& upstream_task_id, VendorAccount& account);
  absl::StatusOr<model::GenerationTask> Bind(const model::GenerationTask& task, const std::string& upstream_task_id,
                                             std::optional<absl::Time> submit_time, const char* by);
  absl::StatusOr<model::GenerationTask> NotAccepted(const model::GenerationTask& task, const char* by,
                                                    const std::string& message);
  bool Claim(const VendorId& id);
  void Unclaim(const VendorId& id);

  const Options options_;
  store::TaskStore& store_;
  VendorAccounts& accounts_;
  TaskTable& table_;
  TaskWriter& writer_;
  base::Clock& clock_;
  base::Mutex mutex_;
  std::set<VendorId> claimed_ ABSL_GUARDED_BY(mutex_);  // Being bound.
  LookupSchedule schedule_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_RECONCILER_H_
