#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_CANCEL_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_CANCEL_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_writer.h"
#include "service/model/generation_task.h"
#include "service/store/task_store.h"

namespace seedance::engine {

// CancelGenerationTask; generation_task.proto states what happens when, and the errors. Whatever a cancel races with,
// the task has one history: one that the tracker saw end stays ended, one that the vendor took back stays CANCELLED.
// Thread-safe.
class TaskCancel {
 public:
  TaskCancel(store::TaskStore& store, VendorAccounts& accounts, TaskTable& table, TaskWriter& writer)
      : store_(store), accounts_(accounts), table_(table), writer_(writer) {}

  // `task` is the caller's, as it was just read. Calls the vendor on the upstream's `submits` threads.
  void Cancel(const CallContext& context, const model::GenerationTask& task, bool detach,
              Done<model::GenerationTask> done);

 private:
  absl::StatusOr<model::GenerationTask> CancelAtVendor(const CallContext& context, const std::string& id, bool detach,
                                                       VendorAccount& account);
  // For what goes on at the vendor: gives it up with `detach`, else says why it cannot be cancelled.
  absl::StatusOr<model::GenerationTask> Abandon(const std::string& id, bool detach);
  // The task has what the vendor says of it now.
  absl::StatusOr<model::GenerationTask> SettleBy(const upstream::TaskReport& report, const std::string& id,
                                                 bool detach);
  // The vendor refused the cancel. That is the truth, unless an earlier cancel, whose answer was lost, was carried out.
  absl::StatusOr<model::GenerationTask> Refused(const CallContext& context, const model::GenerationTask& task,
                                                bool detach, VendorAccount& account);
  void NoteDoubt(const std::string& id);
  bool IsInDoubt(const std::string& id);

  // More than this many are not remembered: then the oldest name is forgotten.
  static constexpr size_t kMostDoubts = 10000;

  store::TaskStore& store_;
  VendorAccounts& accounts_;
  TaskTable& table_;
  TaskWriter& writer_;
  base::Mutex mutex_;
  // Tasks of which this process sent a cancel whose answer was lost. They end soon, and their names are UUIDv7, so the
  // least name is the oldest.
  std::set<std::string> doubts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_CANCEL_H_
