#ifndef SEEDANCE_SERVICE_ENGINE_OPEN_TASKS_H_
#define SEEDANCE_SERVICE_ENGINE_OPEN_TASKS_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/engine/asset_waits.h"
#include "service/engine/due_queue.h"
#include "service/engine/poll_pace.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// What is known of the open tasks between their steps, in memory only, and when each is due for the next one. A task
// that is due is handed out, and is handed out again only after Rest: it never has two steps at a time. What happens
// during a step (a changed asset, a poke) is kept until the task rests.
//
// Thread-safe; every method takes O(log n) for n tasks, AssetChanged for each task that uses the asset.
class OpenTasks {
 public:
  // Who works on a task.
  struct Owner {
    std::string tenant;
    std::string upstream;
    bool submitted = false;  // QUEUED or RUNNING: its step is a poll.
  };

  // What ends a rest before its time.
  enum class WokenBy { kNothing, kAssets, kPokes };

  // `on_due` as for DueQueue.
  OpenTasks(std::string thread_name, base::Clock& clock, absl::AnyInvocable<void(const std::string& id)> on_due);

  void Start() { due_.Start(); }
  void Stop() { due_.Stop(); }

  // Takes a task up, to be handed out at `due`.
  void Add(const model::GenerationTask& task, absl::Time due);
  // Keeps up with a change of a task. One that has ended uses no asset any more, and its pokes are unknown.
  void Note(const model::GenerationTask& task);
  void Remove(const std::string& id);

  std::optional<Owner> Find(const std::string& id);

  // Ends a step: the task is handed out again at `due`, or earlier by what `woken_by` says, but not by a poke before
  // `not_before`.
  void Rest(const std::string& id, absl::Time due, WokenBy woken_by = WokenBy::kNothing,
            absl::Time not_before = absl::InfinitePast());

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

  // ---- Pokes ----

  // Makes the task that the vendor calls so due now; when it was poked five times in the last seconds, after a pause of
  // up to a second per further poke. False: no such task is open.
  bool Poke(const std::string& upstream, const std::string& upstream_task_id);
  // Call it before a task is polled: pokes from now on lead to another poll. True: a poke led to this one.
  bool BeginPoll(const std::string& id);
  // Whether the task was poked since BeginPoll.
  bool IsPoked(const std::string& id);

  // ---- Counts ----

  // How often the task was submitted before; counts this time.
  int CountSubmitTry(const std::string& id);
  // Notes an answer of the vendor. True: it has said "no such task" for longer than `patience`.
  bool CountNotFound(const std::string& id, bool not_found, const NotFoundPatience& patience);
  // Whether the vendor was polled for it.
  bool IsPolled(const std::string& id);
  // Whether a task beyond its deadline that was polled without an answer is polled again: for `last_word` from the
  // first such poll.
  bool AwaitsLastWord(const std::string& id, absl::Duration last_word);

 private:
  struct Tracked {
    Owner owner;
    std::vector<std::string> assets;  // As in by_asset_; names, each once.
    std::string upstream_task_id;     // As in by_vendor_id_; empty: not yet known, or ended.
    WokenBy woken_by = WokenBy::kNothing;
    absl::Time not_before = absl::InfinitePast();
    bool asset_changed = false;                   // Since BeginCheck.
    std::optional<absl::Time> poke;               // When the poke that no poll has begun for is due.
    absl::Time next_poke = absl::InfinitePast();  // When the next is due if none may come early.
    bool waited = false;                          // For its assets.
    Revivals revivals;
    int submit_tries = 0;
    bool polled = false;
    NotFoundStreak unknown;
    absl::Time overdue_since = absl::InfiniteFuture();
  };

  using VendorId = std::pair<std::string, std::string>;  // Upstream, and the vendor's id of a task.

  Tracked* FindLocked(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteLocked(const model::GenerationTask& task, Tracked& tracked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetIndexesLocked(const std::string& id, Tracked& tracked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Clock& clock_;
  base::Mutex mutex_;  // Taken before the queue's own.
  std::map<std::string, Tracked> tracked_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::set<std::string>> by_asset_ ABSL_GUARDED_BY(mutex_);  // Ids of tasks by name of asset.
  std::map<VendorId, std::string> by_vendor_id_ ABSL_GUARDED_BY(mutex_);           // Ids of tasks.
  // Pokes of tasks that are not known, for a moment: a webhook may be faster than the answer of the create.
  std::map<VendorId, absl::Time> early_pokes_ ABSL_GUARDED_BY(mutex_);
  DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_OPEN_TASKS_H_
