#ifndef SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_
#define SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_

#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/backoff.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/engine/due_queue.h"
#include "service/engine/poll_pace.h"
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
    absl::Duration last_word = absl::Minutes(10);  // How long an overdue task is polled until an answer comes.
    NotFoundPatience lost{5, absl::Minutes(2)};
    base::Backoff submit_backoff{absl::Seconds(1), absl::Minutes(1)};
    base::Backoff store_backoff{absl::Milliseconds(100), absl::Seconds(5)};
  };

  TaskTracker(const Options& options, store::Store& store, Upstreams& upstreams, WatchHub<model::GenerationTask>& hub,
              base::Clock& clock, base::Random& random);

  // Takes up all open tasks of the store: those found SUBMITTING become SUBMIT_UNKNOWN, for the process that sent them
  // died before the answer.
  absl::Status Start();
  void Stop();

  // Submits nothing more: what is PENDING waits for the next start. Polls go on.
  void StopSubmitting();

  // Follows a task that was just stored.
  void Track(const model::GenerationTask& task);

  // Asks the vendor for the links of a SUCCEEDED task, and stores them when they are other ones. Returns the task as it
  // is now. For links that have died.
  absl::StatusOr<model::GenerationTask> RefreshResult(const upstream::CallOptions& call,
                                                      const model::GenerationTask& task);

  // Edits a task by the table of states and publishes it. An edit that breaks the table is logged, not written, and is
  // kInternal; an error of `edit` is returned and nothing is written.
  absl::StatusOr<model::GenerationTask> Change(const std::string& id,
                                               absl::FunctionRef<absl::Status(model::GenerationTask&)> edit);

 private:
  // What is known of an open task between its steps. In memory only.
  struct Tracked {
    std::string tenant;
    std::string upstream;
    bool submitted = false;  // Chooses the pool: submits or polls.
    int submit_tries = 0;
    bool looked = false;  // Whether the vendor was polled.
    NotFoundStreak unknown;
    absl::Time overdue_since = absl::InfiniteFuture();  // First poll beyond the deadline that was not answered.
  };

  void OnDue(const std::string& id);
  void Step(const std::string& id, Upstreams::Entry& entry);
  void Submit(const std::string& id, Upstreams::Entry& entry);
  void Poll(const model::GenerationTask& task, Upstreams::Entry& entry);
  void GiveUp(const model::GenerationTask& task);

  // Changes a task and schedules its next step; when the store fails, tries again until it works or the process stops:
  // what the vendor said must not be lost. False: it could not be written.
  bool ChangeSurely(const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> edit,
                    absl::Duration at_least = absl::ZeroDuration());
  void ScheduleNext(const model::GenerationTask& task, absl::Duration at_least);
  void ScheduleIn(const std::string& id, absl::Duration pause);
  // Whether an overdue task that was polled without an answer is polled again.
  bool AwaitsLastWord(const std::string& id);
  bool CountNotFound(const std::string& id, bool not_found);
  int CountSubmitTry(const std::string& id);
  bool Looked(const std::string& id);
  bool WaitForStore(int failures);
  void Forget(const std::string& id);

  const Options options_;
  store::Store& store_;
  Upstreams& upstreams_;
  WatchHub<model::GenerationTask>& hub_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool submits_ ABSL_GUARDED_BY(mutex_) = true;
  std::map<std::string, Tracked> tracked_ ABSL_GUARDED_BY(mutex_);  // By id.
  DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_
