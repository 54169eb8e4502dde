#ifndef SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_
#define SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/backoff.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/engine/asset_waits.h"
#include "service/engine/open_tasks.h"
#include "service/engine/poll_pace.h"
#include "service/engine/upstreams.h"
#include "service/engine/watch_hub.h"
#include "service/engine/webhook_trust.h"
#include "service/model/generation_task.h"
#include "service/store/store.h"

namespace seedance::engine {

// What is to be done with the assets of tasks. Called on the tracker's threads, without a lock.
struct AssetHooks {
  // The vendor accepted a task with this asset, or a task begins to wait that needs this ACTIVE one too.
  std::function<void(const model::Asset&)> used;
  // A task needs this asset, which is EXPIRED, and may have it created again. What comes of it is published: any change
  // that leaves it EXPIRED says that it could not be revived.
  std::function<void(const model::Asset&)> revive;
};

// Brings every open task to its end: submits it once, as soon as its assets are ACTIVE, polls it once per interval
// whatever the number of watchers, gives it up at its deadline; resumed after a restart. Writes each change to the
// store, checks it against the table of states, and publishes it.
class TaskTracker {
 public:
  struct Options {
    absl::Duration poll_interval_queued = absl::Seconds(15);
    absl::Duration poll_interval_running = absl::Seconds(10);
    // Of an upstream whose webhooks arrive; never shorter than the usual pause.
    absl::Duration poll_interval_with_webhooks = absl::Minutes(2);
    // How long a task that waits for assets rests when nobody tells of a change.
    absl::Duration asset_check_interval = absl::Seconds(30);
    absl::Duration submit_unknown_deadline = absl::Hours(24);  // From the task's creation.
    absl::Duration last_word = absl::Minutes(10);  // How long an overdue task is polled until an answer comes.
    NotFoundPatience lost{5, absl::Minutes(2)};
    base::Backoff submit_backoff{absl::Seconds(1), absl::Minutes(1)};
    base::Backoff store_backoff{absl::Milliseconds(100), absl::Seconds(5)};
  };

  TaskTracker(const Options& options, store::Store& store, Upstreams& upstreams, WatchHub<model::GenerationTask>& hub,
              base::Clock& clock, base::Random& random);

  // Call it before Start.
  void SetAssetHooks(AssetHooks hooks) { hooks_ = std::move(hooks); }

  // `on_doubt` is called, on the tracker's threads, with each task whose submission was not answered. Call it before
  // Start.
  void SetDoubtHook(std::function<void(const model::GenerationTask&)> on_doubt) { on_doubt_ = std::move(on_doubt); }

  // Takes up all open tasks of the store: those found SUBMITTING become SUBMIT_UNKNOWN, for the process that sent them
  // died before the answer.
  absl::Status Start();
  void Stop();

  // Submits nothing more: what is PENDING waits for the next start. Polls go on.
  void StopSubmitting();

  // Follows a task that was just stored.
  void Track(const model::GenerationTask& task);

  // Whether an open task refers to the asset.
  bool UsesAsset(const std::string& asset_name) { return open_.UsesAsset(asset_name); }

  // A task was changed from outside its steps: the next one comes now.
  void Hasten(const std::string& id) { open_.Hasten(id); }

  // An asset was changed or deleted: tasks that wait for it look again.
  void AssetChanged(const std::string& asset_name) { open_.AssetChanged(asset_name); }

  // A webhook says that there is news of the vendor's task: it is polled now, after a poll under way once more, and at
  // most once a second. False, and nothing is done: no such task is open.
  bool Poke(const std::string& upstream, const std::string& upstream_task_id);

  // Asks the vendor for the links of a SUCCEEDED task, and stores them when they are other ones. Returns the task as it
  // is now. For links that have died.
  absl::StatusOr<model::GenerationTask> RefreshResult(const upstream::CallOptions& call,
                                                      const model::GenerationTask& task);

  // Edits a task by the table of states and publishes it. An edit that breaks the table is logged, not written, and is
  // kInternal; an error of `edit` is returned and nothing is written.
  absl::StatusOr<model::GenerationTask> Change(const std::string& id,
                                               absl::FunctionRef<absl::Status(model::GenerationTask&)> edit);

 private:
  void OnDue(const std::string& id);
  void Step(const std::string& id, Upstreams::Entry& entry);
  void SubmitWhenReady(const model::GenerationTask& task, Upstreams::Entry& entry);
  void WaitForAssets(const model::GenerationTask& task, const AssetCheck& check);
  void Submit(const std::string& id, const std::vector<model::Asset>& assets, Upstreams::Entry& entry);
  void Poll(const model::GenerationTask& task, Upstreams::Entry& entry);
  void GiveUp(const model::GenerationTask& task);

  // Changes a task and schedules its next step; when the store fails, tries again until it works or the process stops:
  // what the vendor said must not be lost. False: it could not be written.
  bool ChangeSurely(const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> edit,
                    absl::Duration at_least = absl::ZeroDuration());
  void ScheduleNext(const model::GenerationTask& task, absl::Duration at_least);
  void SchedulePoll(const model::GenerationTask& task, absl::Duration pause, absl::Duration at_least);
  void ScheduleIn(const std::string& id, absl::Duration pause);
  // Pause between two polls as if there were no webhooks.
  absl::Duration UsualPause(const model::GenerationTask& task);
  bool WaitForStore(int failures);

  const Options options_;
  store::Store& store_;
  Upstreams& upstreams_;
  WatchHub<model::GenerationTask>& hub_;
  base::Clock& clock_;
  base::Random& random_;
  AssetHooks hooks_;
  std::function<void(const model::GenerationTask&)> on_doubt_;
  WebhookTrust trust_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool submits_ ABSL_GUARDED_BY(mutex_) = true;
  OpenTasks open_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASK_TRACKER_H_
