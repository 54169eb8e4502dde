#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_OPEN_TASKS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_OPEN_TASKS_H_

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/engine/assets/asset_waits.h"
#include "service/engine/dispatch/poll_pace.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// What is known of the open tasks between their steps, in memory only, and when each is due for the next one. A task
// that is due is handed out, and is handed out again only after Rest or AwaitTurn: it never has two steps at a time.
// What happens during a step (a changed asset, a poke, a watcher) is kept until the task rests.
//
// Thread-safe; every method takes O(log n) for n tasks, AssetChanged for each task that uses the asset, SubmittedOf for
// each id it returns or is given, Survey O(n).
class OpenTasks {
 public:
  // Who works on a task, and what there is to do.
  struct Owner {
    std::string tenant;
    std::string upstream;
    bool submitted = false;    // QUEUED or RUNNING: its step is a poll.
    bool ready = false;        // PENDING, without assets to look at and before its deadline: its step is a submission.
    bool missed_turn = false;  // It was waiting for its turn for too long.
    absl::Time due;
    absl::Time rank;  // For the order among tasks that are due: `due`, or later for a poll that is an extra.
  };

  // What ends a rest before its time. kPokes: pokes and watchers.
  enum class WokenBy { kNothing, kAssets, kPokes };

  // How many tasks of an upstream are open, and how old the oldest answer about one that was submitted is.
  struct UpstreamSurvey {
    std::map<model::TaskState, int64_t> by_state;
    absl::Time oldest_answer = absl::InfiniteFuture();  // InfiniteFuture: none is submitted.
  };

  // `on_due` as for base::DueQueue.
  OpenTasks(std::string thread_name, base::Clock& clock, absl::AnyInvocable<void(const std::string& id)> on_due);

  void Start() { due_.Start(); }
  void Stop() { due_.Stop(); }

  // Takes a task up, to be handed out at `due`.
  void Add(const model::GenerationTask& task, absl::Time due);
  // Takes a task up that somebody works on already, as if it had been handed out.
  void AddHandedOut(const model::GenerationTask& task);
  // Keeps up with a change of a task. One that has ended uses no asset any more, and its pokes are unknown.
  void Note(const model::GenerationTask& task);
  void Remove(const std::string& id);

  std::optional<Owner> Find(const std::string& id);

  // Ends a step: the task is handed out again at `due`, or earlier by what `woken_by` says, but not by a poke or a
  // watcher before `not_before`. `if_watched`: when it would be due if somebody watched it. `rank`: when it would be
  // due at the usual pace, if that is later than `due`.
  void Rest(const std::string& id, absl::Time due, WokenBy woken_by = WokenBy::kNothing,
            absl::Time not_before = absl::InfinitePast(), absl::Time if_watched = absl::InfiniteFuture(),
            absl::Time rank = absl::InfinitePast());

  // ---- Turns ----

  // Ends a step: the task waits for the turn of its call. When that does not come before the task's deadline, it is
  // handed out with `missed_turn`; one that was submitted `last_word` later, counted from now if the deadline is over.
  void AwaitTurn(const std::string& id, absl::Duration last_word);
  // The turn has come; the task counts as handed out. False: it does not wait for one any more.
  bool BeginTurn(const std::string& id);

  // Whether the caller of a task that waits for its turn is to be told `reason`, for it is news (IsNews) and no reason
  // of its kind was told within `again`.
  bool IsToBeTold(const std::string& id, const WaitReason& reason, absl::Duration again);
  // It is told by this `state_message`, until Note sees another one.
  void NoteTold(const std::string& id, const WaitReason& reason, const std::string& message);

  // Hands a task that rests out now: it was changed from outside its steps.
  void Hasten(const std::string& id) { due_.Hasten(id, clock_.Now()); }

  // ---- Assets ----

  // Whether an open task refers to the asset.
  bool UsesAsset(const std::string& asset_name);
  // Wakes the tasks that use the asset and rest for their assets.
  void AssetChanged(const std::string& asset_name);
  // Call it before the assets of a task are read: changes from now on wake it.
  void BeginCheck(const std::string& id);
  // Whether the task begins to wait for its assets: true once.
  bool BeginWait(const std::string& id);
  // What was asked for the task, since the process started.
  Revivals RevivalsOf(const std::string& id);
  void AddRevival(const std::string& id, const model::Asset& asset);

  // ---- Pokes and watchers ----

  // Makes the task that the vendor calls so due now; when it was poked five times in the last seconds, after a pause of
  // up to a second per further poke. False: no such task is open.
  bool Notify(const std::string& upstream, const std::string& upstream_task_id);
  // The task that the vendor calls so, if it waits for its turn and a poke of it is due.
  std::optional<std::string> PokedAwaitingTurn(const std::string& upstream, const std::string& upstream_task_id);
  // Call it before a task is polled: pokes from now on lead to another poll. True: a poke led to this one.
  bool BeginPoll(const std::string& id);
  // Whether the task was poked since BeginPoll.
  bool IsPoked(const std::string& id);
  // Somebody watches the task from now on.
  void WatcherArrived(const std::string& id);
  // Ids of submitted tasks of the tenant, at most `most`; with `among` only of those.
  std::vector<std::string> SubmittedOf(const std::string& tenant, const std::set<std::string>& among, size_t most);

  // ---- Counts ----

  // How often the task was submitted before; counts this time.
  int CountSubmitTry(const std::string& id);
  // Notes an answer of the vendor. True: it has said "no such task" for longer than `patience`. Answers of another
  // `era` than the last one's begin anew.
  bool CountNotFound(const std::string& id, bool not_found, const NotFoundPatience& patience, int64_t era = 0);
  // The vendor's answer told how the task is.
  void NoteAnswer(const std::string& id);
  // Whether the vendor's answer called the task a success without a result. The time since which it has done so,
  // without another answer between; InfiniteFuture: it does not.
  absl::Time NoteResult(const std::string& id, bool missing);
  // Whether the vendor was polled for it.
  bool IsPolled(const std::string& id);
  // Whether a task beyond its deadline that was polled without an answer is polled again: for `last_word` from the
  // first such poll.
  bool AwaitsLastWord(const std::string& id, absl::Duration last_word);
  // Whether a task is due and was not handed out yet.
  bool AnyDue() { return due_.AnyDue(); }
  // How many tasks of the upstream are submitted.
  int64_t CountSubmitted(const std::string& upstream);
  std::map<std::string, UpstreamSurvey> Survey();

  // ---- Room for new tasks ----

  // Keeps a place for a task of the tenant that is to be added. False: `most` are open already, places included.
  bool Reserve(const std::string& tenant, int64_t most);
  // The place is used, or no longer wanted.
  void Unreserve(const std::string& tenant);

 private:
  enum class Phase : uint8_t { kResting, kAwaitsTurn, kHandedOut };

  // Why the task waits, as its caller was told last.
  struct Told {
    WaitReason reason;
    std::string text;  // The task's state_message.
    // When a reason of the kind was told last.
    std::array<absl::Time, WaitReason::kKinds> at = {absl::InfinitePast(), absl::InfinitePast(), absl::InfinitePast()};
  };

  struct Tracked {
    Owner owner;
    model::TaskState state = model::TaskState::kUnspecified;
    Phase phase = Phase::kResting;
    bool counted = false;  // In open_of_.
    absl::Time deadline;
    std::vector<std::string> assets;  // As in by_asset_; names, each once.
    std::string upstream_task_id;     // As in by_vendor_id_; empty: not yet known, or ended.
    WokenBy woken_by = WokenBy::kNothing;
    absl::Time not_before = absl::InfinitePast();
    absl::Time if_watched = absl::InfiniteFuture();
    bool watcher_came = false;                    // Since it rested last.
    bool asset_changed = false;                   // Since BeginCheck.
    std::optional<absl::Time> poke;               // When the poke that no poll has begun for is due.
    absl::Time next_poke = absl::InfinitePast();  // When the next is due if none may come early.
    bool waited = false;                          // For its assets.
    Revivals revivals;
    int submit_tries = 0;
    bool polled = false;
    absl::Time answered;  // Or when it was taken up, or accepted.
    NotFoundStreak unknown;
    int64_t era = 0;
    absl::Time overdue_since = absl::InfiniteFuture();
    absl::Time result_missing_since = absl::InfiniteFuture();
    std::optional<Told> told;
  };

  using VendorId = std::pair<std::string, std::string>;  // Upstream, and the vendor's id of a task.

  void HandOut(const std::string& id);
  Tracked& TakeUpLocked(const model::GenerationTask& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Tracked* FindLocked(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteLocked(const model::GenerationTask& task, Tracked& tracked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetIndexesLocked(const std::string& id, Tracked& tracked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetSubmittedLocked(const std::string& id, bool submitted, Tracked& tracked)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void HastenLocked(const std::string& id, absl::Time due, Tracked& tracked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Clock& clock_;
  absl::AnyInvocable<void(const std::string& id)> on_due_;  // For the queue's thread.
  base::Mutex mutex_;                                       // Taken before the queue's own.
  std::map<std::string, Tracked> tracked_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::set<std::string>> by_asset_ ABSL_GUARDED_BY(mutex_);  // Ids of tasks by name of asset.
  std::map<VendorId, std::string> by_vendor_id_ ABSL_GUARDED_BY(mutex_);           // Ids of tasks.
  std::map<std::string, int64_t> submitted_of_ ABSL_GUARDED_BY(mutex_);            // By upstream.
  std::map<std::string, std::set<std::string>> submitted_by_tenant_ ABSL_GUARDED_BY(mutex_);  // Ids of tasks.
  std::map<std::string, int64_t> open_of_ ABSL_GUARDED_BY(mutex_);  // By tenant: tasks that have not ended, and places.
  // Pokes of tasks that are not known, for a moment: a webhook may be faster than the answer of the create.
  std::map<VendorId, absl::Time> early_pokes_ ABSL_GUARDED_BY(mutex_);
  base::DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_OPEN_TASKS_H_
