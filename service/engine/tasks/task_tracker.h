#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TRACKER_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TRACKER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/backoff.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/base/thread_pool.h"
#include "service/engine/assets/asset_waits.h"
#include "service/engine/dispatch/poll_pace.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/engine/dispatch/upstreams.h"
#include "service/engine/dispatch/usual_duration.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/engine/dispatch/webhook_trust.h"
#include "service/engine/tasks/open_tasks.h"
#include "service/engine/watch/watch_hub.h"
#include "service/model/generation_task.h"
#include "service/store/store.h"

namespace seedance::engine {

// What is to be done with the assets of tasks. Called on the tracker's threads, without a lock.
struct AssetHooks {
  // The vendor accepted a task with this asset, or a task begins to wait that needs this ACTIVE one too.
  std::function<void(const model::Asset&, AssetUse)> used;
  // A task needs this asset, which is EXPIRED, and may have it created again. What comes of it is published: any change
  // that leaves it EXPIRED says that it could not be revived.
  std::function<void(const model::Asset&)> revive;
};

// Keeps a place for a task that is about to be added, until the object dies.
class TaskPlace {
 public:
  TaskPlace(OpenTasks& open, std::string tenant) : open_(&open), tenant_(std::move(tenant)) {}
  ~TaskPlace() {
    if (open_ != nullptr) open_->Unreserve(tenant_);
  }
  TaskPlace(TaskPlace&& other) noexcept
      : open_(std::exchange(other.open_, nullptr)), tenant_(std::move(other.tenant_)) {}
  TaskPlace& operator=(TaskPlace&&) = delete;

 private:
  OpenTasks* open_;
  std::string tenant_;
};

// Brings every open task to its end: submits it once, as soon as its assets are ACTIVE, polls it once per interval
// whatever the number of watchers, gives it up at its deadline; resumed after a restart. Writes each change to the
// store, checks it against the table of states, and publishes it.
//
// A task that is due for a call to its vendor waits for its turn (RequestDispatcher of the upstream), on no thread;
// what needs no call is done on one thread of the tracker's own.
class TaskTracker {
 public:
  struct Options {
    // As in PollPace.
    absl::Duration poll_interval_queued = absl::Seconds(15);
    absl::Duration poll_interval_running = absl::Seconds(10);
    absl::Duration poll_interval_unwatched;
    absl::Duration poll_interval_with_webhooks = absl::Minutes(2);
    absl::Duration poll_interval_watched = absl::InfiniteDuration();  // That of the state alone.
    // How long a task that waits for assets rests when nobody tells of a change.
    absl::Duration asset_check_interval = absl::Seconds(30);
    // Least time for the vendor's work, from when it took the task. The engine sets it: that of Tasks.
    absl::Duration deadline = absl::Hours(2);
    absl::Duration submit_unknown_deadline = absl::Hours(24);  // From the task's creation.
    // How long the vendor may call a task a success without showing its result. Counted anew after a restart.
    absl::Duration result_patience = absl::Minutes(5);
    absl::Duration last_word = absl::Minutes(10);  // How long an overdue task is polled until an answer comes.
    NotFoundPatience lost{5, absl::Minutes(2)};
    base::Backoff submit_backoff{absl::Seconds(1), absl::Minutes(1)};
    base::Backoff store_backoff{absl::Milliseconds(100), absl::Seconds(5)};
  };

  TaskTracker(const Options& options, store::Store& store, Upstreams& upstreams, WatchHub<model::GenerationTask>& hub,
              base::Clock& clock, base::Random& random);

  // Call these before Start.
  void SetAssetHooks(AssetHooks hooks) { hooks_ = std::move(hooks); }
  void Instrument(base::Metrics& metrics);
  // Who counts as a watcher of a task, besides the hub's sessions of it. Called without a lock.
  void SetWatchers(std::function<bool(const model::GenerationTask&)> watchers) { watchers_ = std::move(watchers); }

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

  // Whether anything is submitted: neither StopSubmitting nor Stop was called.
  bool submits();
  // The turn of a submission that can begin now; null: it has to wait.
  std::unique_ptr<RequestSlot> TakeSubmitSlot(VendorAccount& account);
  // Makes a task SUBMITTING, with all that is decided before it is sent; it is stored before Send.
  void BeginSubmitting(model::GenerationTask& task, const VendorAccount& account);
  // Follows a task that was just stored as SUBMITTING. Whoever calls this calls Send next.
  void TrackSubmitting(const model::GenerationTask& task) { open_.AddHandedOut(task); }
  // Sends a task that is stored as SUBMITTING, with its assets, and writes what came of it. Blocks for the vendor; on
  // the upstream's threads for submissions.
  void Send(const model::GenerationTask& task, const std::vector<model::Asset>& assets, VendorAccount& account,
            RequestSlot& slot);

  // Sees to a task that was not to be stored after all, for its caller was refused, though the store may have it: it
  // is never sent, and FAILED as soon as the store shows it.
  void Disown(const model::GenerationTask& task);

  // Room for one more open task of the tenant; nullopt: it has `most` already. Ask before the task is stored, and keep
  // the place until it is tracked.
  std::optional<TaskPlace> Reserve(const std::string& tenant, int64_t most);

  // Somebody watches the task from now on: it is polled at the pace of watched tasks.
  void WatcherArrived(const std::string& id) { open_.WatcherArrived(id); }
  // Ids of tasks of the tenant that are polled, as OpenTasks::SubmittedOf.
  std::vector<std::string> PolledOf(const std::string& tenant, const std::set<std::string>& among, size_t most) {
    return open_.SubmittedOf(tenant, among, most);
  }

  // Whether an open task refers to the asset.
  bool UsesAsset(const std::string& asset_name) { return open_.UsesAsset(asset_name); }

  // A task was changed from outside its steps: the next one comes now.
  void Hasten(const std::string& id) { open_.Hasten(id); }

  // An asset was changed or deleted: tasks that wait for it look again.
  void AssetChanged(const std::string& asset_name) { open_.AssetChanged(asset_name); }

  // A webhook says that there is news of the vendor's task: it is polled now, after a poll under way once more, and at
  // most once a second. False, and nothing is done: no such task is open.
  bool Notify(const std::string& upstream, const std::string& upstream_task_id);

  // Asks the vendor for the links of a SUCCEEDED task, and stores them when they are other ones. Returns the task as it
  // is now. For links that have died.
  absl::StatusOr<model::GenerationTask> RefreshResult(const upstream::CallOptions& call,
                                                      const model::GenerationTask& task);

  // Edits a task by the table of states and publishes it. An edit that breaks the table is logged, not written, and is
  // kInternal; an error of `edit` is returned and nothing is written.
  absl::StatusOr<model::GenerationTask> Change(const std::string& id,
                                               absl::FunctionRef<absl::Status(model::GenerationTask&)> edit);

  // Keeps what the task cost by the vendor's own log, also after its end. OK when that is no news.
  absl::Status SettleCost(const std::string& id, const model::Cost& cost);

  // The one way back from an end: an EXPIRED task of which it became known what the vendor calls it becomes QUEUED by
  // `edit`, and is followed again. Else as Change.
  absl::StatusOr<model::GenerationTask> Reopen(const std::string& id,
                                               absl::FunctionRef<absl::Status(model::GenerationTask&)> edit);

 private:
  using MayChange = bool (*)(model::TaskState from, model::TaskState to);
  absl::StatusOr<model::GenerationTask> ChangeBy(MayChange may_change, const std::string& id,
                                                 absl::FunctionRef<absl::Status(model::GenerationTask&)> edit);

  // On the threads of OpenTasks: asks for the turn of the task's call, or has it looked at.
  void OnDue(const std::string& id);
  void AwaitPoll(const std::string& id, const OpenTasks::Owner& owner, VendorAccount& account);
  void AwaitSubmit(const std::string& id, const OpenTasks::Owner& owner, VendorAccount& account);

  // On the tracker's own thread: what needs no call.
  void Look(const std::string& id, bool missed_turn, VendorAccount& account);
  void LookWithoutUpstream(const std::string& id);
  void EndDisowned(const std::string& id);
  // Why tasks wait for their turn, told by their `state_message`: found when the reasons may have changed, told in
  // slices.
  void SurveyWaits(VendorAccount& account);
  void TellLater(const std::string& id, WaitReason reason);
  void TellSome();
  void TellWhyItWaits(const std::string& id, const WaitReason& reason, absl::Duration again);
  // As long no task is told a reason of the same kind again. Asks every upstream.
  absl::Duration TellAgain();
  // Has a PENDING task say by its `state_message` why it waits. False: it is not PENDING any more, or the store failed.
  bool Tell(const model::GenerationTask& task, const std::string& message);

  // On the upstream's threads, when the turn has come.
  void OnPollTurn(const std::string& id, VendorAccount& account, RequestSlot& slot);
  void OnSubmitTurn(const std::string& id, VendorAccount& account, RequestSlot& slot);
  void Poll(const model::GenerationTask& task, VendorAccount& account, RequestSlot& slot);
  void Submit(const std::string& id, const std::vector<model::Asset>& assets, VendorAccount& account,
              RequestSlot& slot);

  // The task, if it is still open; else, and when it cannot be read, its next step is seen to.
  std::optional<model::GenerationTask> ReadOpen(const std::string& id);
  // The assets of a PENDING task, when it can be sent; else its next step is seen to.
  std::optional<std::vector<model::Asset>> ReadyAssets(const model::GenerationTask& task);
  void WaitForAssets(const model::GenerationTask& task, const AssetCheck& check);
  // A success without a result is told by `state_message`, and becomes a failure when it lasts.
  void JudgeResult(const model::GenerationTask& task, upstream::TaskReport& report);
  void Ended(const upstream::TaskReport& report, const model::GenerationTask& task, VendorAccount& account);
  void GiveUp(const model::GenerationTask& task);
  // Whether an overdue task whose turn did not come is kept: nobody could ask for it yet.
  bool MayStillTell(const model::GenerationTask& task, VendorAccount& account);
  bool stopped();
  bool IsDisowned(const std::string& id);

  // Changes a task and schedules its next step; when the store fails, tries again until it works or the process stops,
  // or, with `until`, until that is cancelled: what the vendor said must not be lost. False: it could not be written.
  bool ChangeSurely(const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> edit,
                    absl::Duration at_least = absl::ZeroDuration(),
                    const std::shared_ptr<base::CancelToken>& until = nullptr);
  void ScheduleNext(const model::GenerationTask& task, absl::Duration at_least);
  PollFacts FactsOf(const model::GenerationTask& task);
  void SchedulePoll(const model::GenerationTask& task, absl::Duration at_least);
  // Another look soon, whatever makes polls rare.
  void SchedulePollSoon(const model::GenerationTask& task, absl::Duration at_least);
  // `usual`: the pause if nothing were known of how long such tasks take.
  void RestForPoll(const model::GenerationTask& task, absl::Duration pause, absl::Duration if_watched,
                   absl::Duration usual, absl::Duration at_least);
  void ScheduleIn(const std::string& id, absl::Duration pause);
  bool IsWatched(const model::GenerationTask& task);
  bool WaitForStore(int failures, const std::shared_ptr<base::CancelToken>& until);

  const Options options_;
  const PollPace pace_;
  store::Store& store_;
  Upstreams& upstreams_;
  WatchHub<model::GenerationTask>& hub_;
  base::Clock& clock_;
  base::Random& random_;
  AssetHooks hooks_;
  std::function<bool(const model::GenerationTask&)> watchers_;
  base::Histogram write_times_;
  std::function<void(const model::GenerationTask&)> on_doubt_;
  WebhookTrust trust_;
  UsualDurations usual_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool submits_ ABSL_GUARDED_BY(mutex_) = true;
  std::set<std::string> disowned_ ABSL_GUARDED_BY(mutex_);             // Ids.
  std::map<std::string, WaitReason> to_tell_ ABSL_GUARDED_BY(mutex_);  // By id.
  TellBudget tell_budget_ ABSL_GUARDED_BY(mutex_);
  bool tells_ ABSL_GUARDED_BY(mutex_) = false;  // TellSome is on its way.
  base::ThreadPool looks_;                      // One thread, so that looks have the order in which the tasks were due.
  OpenTasks open_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_TRACKER_H_
