#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASKS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASKS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/base/random.h"
#include "service/engine/assets/adoption.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/tasks/task_cancel.h"
#include "service/engine/tasks/task_launch.h"
#include "service/engine/tasks/task_reconciler.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_tracker.h"
#include "service/engine/tasks/task_writer.h"
#include "service/engine/watch/resume_token.h"
#include "service/engine/watch/task_feeds.h"
#include "service/engine/watch/watch_hub.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"
#include "service/model/page.h"
#include "service/store/store.h"

namespace seedance::engine {

struct CreateTaskParams {
  model::TaskRequest request;
  std::string request_id;  // Empty: one is made.
  bool validate_only = false;
  // As in CreateAssetParams; paths begin with `generation_task.`.
  std::vector<base::FieldViolation> violations;
};

struct ListTasksParams {
  TaskFilter filter;  // Its tenant is the caller's.
  model::PageCursor after;
  int page_size = 50;
};

struct WatchTasksParams {
  std::vector<model::TaskState> states;
  std::map<std::string, std::string> labels;
  std::set<std::string> ids;  // Empty: all.
  std::string resume_token;
};

// Use cases of GenerationTaskService; generation_task.proto states rules and errors. Threads and ownership as in
// Groups. Thread-safe.
class Tasks {
 public:
  struct Options {
    absl::Duration deadline = absl::Hours(2);  // deadline_time of new tasks, from their creation.
    int64_t max_open_per_tenant = 100'000;     // Tasks that have not ended.
  };

  // All outlive it.
  struct Dependencies {
    store::Store& store;
    VendorAccounts& accounts;
    Adoption& adoption;
    TaskTable& table;
    TaskWriter& writer;
    TaskTracker& tracker;
    TaskReconciler& reconciler;
    WatchHub<model::GenerationTask>& hub;
    TaskFeeds& feeds;
    TaskMetrics& metrics;
    const ResumeTokens& tokens;
    base::Clock& clock;
    base::Random& random;
  };

  Tasks(const Options& options, const Dependencies& with)
      : options_(options),
        max_open_per_tenant_(options.max_open_per_tenant),
        with_(with),
        cancel_(with.store, with.accounts, with.table, with.writer),
        launch_({with.store, with.accounts, with.tracker, with.feeds, with.metrics, with.clock},
                [this] { return NewId(with_.clock.Now()); }) {}

  // Another Options::max_open_per_tenant from now on.
  void SetMaxOpen(int64_t most) { max_open_per_tenant_ = most; }

  // Stores the task and has it submitted (TaskLaunch). Answers with it as stored (PENDING, or SUBMITTING when it is
  // sent at once), or, for a request id that was used before, with it as it is now. It does not wait for
  // the vendor's answer to the task; for references that only a dedicated account knows, it reads them there first.
  void Create(const CallContext& context, const CreateTaskParams& params, Done<model::GenerationTask> done);

  void Get(const CallContext& context, const std::string& id, Done<model::GenerationTask> done);
  // What Get would answer, if it is at hand; null says nothing. Never blocks.
  std::shared_ptr<const model::GenerationTask> Peek(const CallContext& context, const std::string& id);
  void List(const CallContext& context, const ListTasksParams& params, Done<model::Page<model::GenerationTask>> done);
  using Counts = std::map<model::TaskState, int64_t>;
  void Count(const CallContext& context, TaskFilter filter, Done<Counts> done);
  void Cancel(const CallContext& context, const std::string& id, bool detach, Done<model::GenerationTask> done);
  void Delete(const CallContext& context, const std::string& id, bool allow_missing, Done<Nothing> done);
  void Reconcile(const CallContext& context, const ReconcileTaskParams& params, Done<ReconciledTask> done);

  // As Assets::Watch.
  void Watch(const CallContext& context, const std::string& id, const std::string& resume_token,
             absl::AnyInvocable<void()> on_change, Done<WatchStart<model::GenerationTask>> done);
  std::string ResumeToken(const std::string& id, int64_t revision, bool last = false) const;
  // A session for one who waits for a single change of the caller's task: `on_change` runs on the thread that publishes
  // the change, and nobody counts as a watcher by it. Null: the task is not at hand, use Watch. Never blocks.
  std::shared_ptr<WatchSession<model::GenerationTask>> WatchAtHand(const CallContext& context, const std::string& id,
                                                                   absl::AnyInvocable<void()> on_change);

  // Opens a watch of all the caller's tasks that match. As TaskFeeds::Open.
  absl::StatusOr<std::shared_ptr<TaskFeedReader>> WatchMany(const CallContext& context, const WatchTasksParams& params,
                                                            absl::AnyInvocable<void()> on_change);

 private:
  // The task as it would be stored, or why not. `adopt`: assets that only the vendor knows are asked for there, which
  // blocks.
  absl::StatusOr<model::GenerationTask> Prepare(const CallContext& context, const CreateTaskParams& params, bool adopt);
  // Create. `done` is called, or will be, when this is OK, and not otherwise. `adopt` as for Prepare.
  absl::Status CreateWith(const CallContext& context, const CreateTaskParams& params, bool adopt,
                          Done<model::GenerationTask>& done);
  // Of a task of this process. Empty: it has no shard just now.
  std::string NewId(absl::Time now);
  // What else the caller could have written for the same task.
  void AddDefaults(const std::string& tenant, const model::TaskRequest& asked, const model::GenerationTask& task,
                   model::Fingerprint& fingerprint);
  absl::StatusOr<model::GenerationTask> Read(const CallContext& context, const std::string& id);
  // Somebody watches the tasks of the filter from now on: the polls of those that may match come forward.
  void WatchersArrive(const CallContext& context, const TaskFilter& filter);

  const Options options_;
  std::atomic<int64_t> max_open_per_tenant_;
  const Dependencies with_;
  TaskCancel cancel_;
  TaskLaunch launch_;
};

// The error with which CreateGenerationTask fails when the vendor refused the task: code and details of the failure's
// reason, with ResourceInfo naming the task. OK when the task was not refused at submission.
absl::Status RefusalOf(const model::GenerationTask& task);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASKS_H_
