#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TRACKER_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TRACKER_H_

#include <string>

#include "absl/status/status.h"
#include "service/base/mutex.h"
#include "service/engine/tasks/polling.h"
#include "service/engine/tasks/submission.h"
#include "service/engine/tasks/task_observers.h"
#include "service/engine/tasks/task_schedule.h"
#include "service/engine/tasks/tracker_options.h"
#include "service/engine/tasks/wait_teller.h"
#include "service/model/generation_task.h"
#include "service/store/ownership.h"

namespace seedance::engine {

// Brings every open task to its end: submits it once, as soon as its assets are ACTIVE (Submission), polls it once per
// interval whatever the number of watchers (Polling), gives it up at its deadline; resumed after a restart. Of several
// processes that share a store each does so for the tasks of its shards.
//
// TaskTable says when a task is due; here its step is given to whoever takes it. A request waits for its turn at the
// vendor on no thread; what needs no request is done on the thread of WaitTeller. Thread-safe.
class TaskTracker {
 public:
  using Options = TrackerOptions;
  using Dependencies = TrackerDependencies;

  TaskTracker(const Options& options, const Dependencies& with, WaitTeller& waits, const TaskObservers& observers);

  void Start();
  // Stops the task table and the WaitTeller too.
  void Stop();

  // Submits nothing more: what is PENDING waits for the next start. Polls go on.
  void StopSubmitting() { submission_.Stop(); }

  // Takes up the open tasks of shards that are this process's from now on: those found SUBMITTING become
  // SUBMIT_UNKNOWN, for the process that sent them died before the answer. Errors of the store.
  absl::Status TakeUp(const store::ShardSet& shards);
  // Forgets the tasks of shards that are another process's now. What it does for them at the moment comes to nothing.
  void Drop(const store::ShardSet& shards);
  // Whether this process may create a task with this id: it has taken up its shard, and still has it.
  bool MayCreate(const std::string& id);

  // Another process has written the task.
  void OnForeignChange(const model::GenerationTask& task);

  // Follows a task that was just stored.
  void Track(const model::GenerationTask& task);
  // For a task that can be sent at once.
  Submission& submission() { return submission_; }

  // Sees to a task that was not to be stored after all, for its caller was refused, though the store may have it: it
  // is never sent, and FAILED as soon as the store shows it.
  void Disown(const model::GenerationTask& task) { with_.table.AddDisowned(task); }

  // A webhook says that there is news of the vendor's task: it is polled now, after a poll under way once more, and at
  // most once a second. False: no such task is open. The notice is kept for a minute then: the vendor may be faster
  // than its answer to the create.
  bool Notify(const std::string& upstream, const std::string& upstream_task_id);

 private:
  bool Follows(const std::string& id);
  // On the clock's timer; does not block.
  void OnDue(const std::string& id, const OpenTask::Due& due);
  // On the thread of WaitTeller.
  void Check(const std::string& id, bool missed_turn, VendorAccount& account);
  void CheckWithoutUpstream(const std::string& id);
  void EndDisowned(const std::string& id);

  const absl::Duration submit_unknown_deadline_;
  const Dependencies with_;
  WaitTeller& waits_;
  TaskSchedule schedule_;
  Submission submission_;
  Polling polling_;
  base::Mutex mutex_;
  store::ShardSet followed_ ABSL_GUARDED_BY(mutex_);  // Shards whose tasks are this process's.
  store::ShardSet taken_up_ ABSL_GUARDED_BY(mutex_);  // Of those, the ones of which all tasks are in the table.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TRACKER_H_
