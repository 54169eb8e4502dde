#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TABLE_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/engine/tasks/asset_users.h"
#include "service/engine/tasks/open_task.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// The open tasks, in memory: the lock, the indexes and the queue around one OpenTask each. A task that is due is handed
// out to `on_due`, and again only after Schedule or AwaitTurn. Methods that name a task which is not here do nothing.
//
// Thread-safe; every method takes O(log n) for n tasks, OnAssetChange for each task that uses the asset, SubmittedOf
// for each id that it returns or is given, Survey O(n).
class TaskTable {
 public:
  using OnDue = absl::AnyInvocable<void(const std::string& id, const OpenTask::Due& due)>;

  // How many tasks of an upstream are open, and how old the oldest answer about one that was submitted is.
  struct UpstreamSurvey {
    std::map<model::TaskState, int64_t> by_state;
    absl::Time oldest_answer = absl::InfiniteFuture();  // InfiniteFuture: none is submitted.
    absl::Time oldest_doubt = absl::InfiniteFuture();   // InfiniteFuture: none is in doubt.
  };

  // What the pause before a task's next poll depends on.
  struct Standing {
    bool polled = false;    // The vendor was asked for it.
    int64_t submitted = 0;  // Tasks of its upstream that are polled.
  };

  // Whom a notification is for.
  struct Notified {
    bool known = false;
    std::string awaits_turn;  // Its id, if it awaits its turn and the notification is due.
  };

  // `users` is kept up to date.
  TaskTable(base::Clock& clock, AssetUsers& users);

  // Hands tasks out from now on. `on_due` as for base::DueQueue.
  void Start(OnDue on_due);
  void Stop() { due_.Stop(); }

  // Takes a task up, to be handed out at `due`.
  void Add(const model::GenerationTask& task, absl::Time due);
  // Takes a task up that is only to be ended, now.
  void AddDisowned(const model::GenerationTask& task);
  // Takes a task up that somebody works on already, as if it had been handed out.
  void AddHandedOut(const model::GenerationTask& task);
  // What a change was to the table.
  enum class News { kNone, kState, kUnknown };  // kUnknown: no such task.
  // Keeps up with a change of a task. One that has ended uses no asset any more, and its notifications are unknown.
  News OnChange(const model::GenerationTask& task);
  void Remove(const std::string& id);
  // Those whose ids fit.
  void RemoveAll(absl::FunctionRef<bool(const std::string& id)> fits);

  // ---- Steps: as OpenTask. ----

  // nullopt: no such task.
  std::optional<OpenTask::Place> AwaitTurn(const std::string& id, absl::Duration last_word);
  bool OnTurn(const std::string& id);
  std::pair<OpenTask::Verdict, Standing> OnReport(const std::string& id, const OpenTask::Answer& answer,
                                                  const OpenTask::Patience& patience);
  void Schedule(const std::string& id, const OpenTask::Plan& plan);
  int CountSubmission(const std::string& id);

  // Hands a task that is scheduled or awaits its turn out now: it was changed from outside its steps.
  void Hasten(const std::string& id) { due_.Hasten(id, clock_.Now()); }

  // ---- Events ----

  // A notification about the task that the vendor calls so. One that nobody knows is kept for a minute: the answer of
  // the create may be on its way.
  Notified OnNotify(const std::string& upstream, const std::string& upstream_task_id);
  void OnWatcher(const std::string& id);
  void OnAssetChange(const std::string& asset_name);

  // ---- Waits: as OpenTask. ----

  Revivals BeginCheck(const std::string& id);
  bool BeginWait(const std::string& id, const std::vector<model::Asset>& to_revive);
  bool IsToBeTold(const std::string& id, const WaitReason& reason, absl::Duration again);
  void OnTold(const std::string& id, const WaitReason& reason, const std::string& message);

  // ---- Facts ----

  bool Contains(const std::string& id);
  bool IsPolled(const std::string& id) { return StandingOf(id).polled; }
  Standing StandingOf(const std::string& id);
  // Whether a task is due and was not handed out yet.
  bool AnyDue() { return due_.AnyDue(); }
  // How many tasks of the upstream are submitted.
  int64_t CountSubmitted(const std::string& upstream);
  // Ids of submitted tasks of the tenant, at most `most`; with `among` only of those.
  std::vector<std::string> SubmittedOf(const std::string& tenant, const std::set<std::string>& among, size_t most);
  std::map<std::string, UpstreamSurvey> Survey();

  // ---- Room for new tasks: TaskPlace ----

  // Keeps a place for a task of the tenant that is to be added. False: `most` are open already, places included.
  bool Reserve(const std::string& tenant, int64_t most);
  // The place is used, or no longer wanted.
  void Unreserve(const std::string& tenant);

 private:
  using VendorId = std::pair<std::string, std::string>;  // Upstream, and the vendor's id of a task.

  void HandOut(const std::string& id);
  OpenTask& TakeUpLocked(const model::GenerationTask& task, bool disowned = false)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  OpenTask* FindLocked(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void IndexVendorIdLocked(const std::string& id, OpenTask& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // `task` has ended, or leaves.
  void UnindexLocked(const std::string& id, const OpenTask& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void IndexSubmittedLocked(const std::string& id, const OpenTask& task, bool submitted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UncountLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Standing StandingOfLocked(const OpenTask& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Clock& clock_;
  AssetUsers& users_;
  OnDue on_due_;       // For the timer; fixed by Start.
  base::Mutex mutex_;  // Taken before the queue's own and that of users_.
  std::map<std::string, OpenTask> tasks_ ABSL_GUARDED_BY(mutex_);
  std::map<VendorId, std::string> by_vendor_id_ ABSL_GUARDED_BY(mutex_);  // Ids of tasks that have not ended.
  std::map<std::string, int64_t> submitted_of_ ABSL_GUARDED_BY(mutex_);   // By upstream.
  std::map<std::string, std::set<std::string>> submitted_by_tenant_ ABSL_GUARDED_BY(mutex_);  // Ids of tasks.
  std::map<std::string, int64_t> open_of_ ABSL_GUARDED_BY(mutex_);  // By tenant: tasks that have not ended, and places.
  std::map<VendorId, absl::Time> early_notices_ ABSL_GUARDED_BY(mutex_);  // Of tasks that are not known, for a moment.
  base::DueQueue due_;
};

// Keeps a place for a task that is about to be added, until the object dies.
class TaskPlace {
 public:
  // nullopt: `most` tasks of the tenant are open already.
  static std::optional<TaskPlace> Reserve(TaskTable& table, const std::string& tenant, int64_t most);
  ~TaskPlace() {
    if (table_ != nullptr) table_->Unreserve(tenant_);
  }
  TaskPlace(TaskPlace&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), tenant_(std::move(other.tenant_)) {}
  TaskPlace& operator=(TaskPlace&&) = delete;

 private:
  TaskPlace(TaskTable& table, std::string tenant) : table_(&table), tenant_(std::move(tenant)) {}

  TaskTable* table_;
  std::string tenant_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TABLE_H_
