#ifndef SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_
#define SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_

#include <map>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/backoff.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/due_queue.h"
#include "service/engine/upstreams.h"
#include "service/engine/watch_hub.h"
#include "service/model/generation_task.h"
#include "service/store/store.h"

namespace seedance::engine {

// Brings every open task to its end: submits it once, polls it once per interval whatever the number of watchers, gives
// it up at its deadline; resumed after a restart. Writes each change to the store, checks it against the table of
// states, and publishes it.
class TaskTracker {
 public:
  struct Options {
    absl::Duration poll_interval_queued = absl::Seconds(15);
    absl::Duration poll_interval_running = absl::Seconds(10);
    absl::Duration submit_unknown_deadline = absl::Hours(24);  // From the task's creation.
    int lost_after_count = 5;                                  // Not-found answers in a row ...
    absl::Duration lost_after_time = absl::Minutes(2);         // ... over at least this time.
    base::Backoff submit_backoff{absl::Seconds(1), absl::Minutes(1)};
  };

  TaskTracker(const Options& options, store::Store& store, Upstreams& upstreams, WatchHub<model::GenerationTask>& hub,
              base::Clock& clock, base::Random& random);

  // Takes up all open tasks of the store: those found SUBMITTING become SUBMIT_UNKNOWN, for the process that sent them
  // died before the answer.
  absl::Status Start();
  void Stop();

  // Follows a task that was just stored.
  void Track(const model::GenerationTask& task);

  // Asks the vendor now and writes what it says. For results whose links have died; returns the task as it is now.
  absl::StatusOr<model::GenerationTask> PollNow(const upstream::CallOptions& call, const model::GenerationTask& task);

  // Edits a task by the table of states and publishes it. FAILED_PRECONDITION never comes from here: an illegal
  // change is logged and is kInternal.
  absl::StatusOr<model::GenerationTask> Change(const std::string& id,
                                               absl::FunctionRef<absl::Status(model::GenerationTask&)> edit);

 private:
  // How often and how long a task was unknown to its vendor, and how often its submission was put off. In memory only.
  struct Patience {
    int not_found = 0;
    absl::Time first_not_found;
    int submit_tries = 0;
  };

  void OnDue(const std::string& id);
  void Step(const std::string& id);
  void Submit(const model::GenerationTask& task, Upstreams::Entry& entry);
  void Poll(const model::GenerationTask& task, Upstreams::Entry& entry);
  void OnUnknownTask(const model::GenerationTask& task);
  void GiveUp(const model::GenerationTask& task);
  void ScheduleNext(const model::GenerationTask& task);
  absl::Time DeadlineOf(const model::GenerationTask& task) const;
  absl::StatusOr<model::GenerationTask> ApplyReport(const std::string& id, const upstream::TaskReport& report);

  const Options options_;
  store::Store& store_;
  Upstreams& upstreams_;
  WatchHub<model::GenerationTask>& hub_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  std::map<std::string, Patience> patience_ ABSL_GUARDED_BY(mutex_);
  DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_
