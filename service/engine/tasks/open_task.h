#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_OPEN_TASK_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_OPEN_TASK_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/engine/assets/asset_waits.h"
#include "service/engine/dispatch/poll_pace.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// Whether the vendor has accepted the task and has not ended it: QUEUED or RUNNING.
bool IsSubmitted(model::TaskState state);

// The scheduling state of one open task, and its transitions: what is to be done next, and when. A value without a
// lock, a clock or I/O; `now` is always the present time. TaskTable has one for each open task.
//
// A task is scheduled (waits for a time), awaits its turn at the vendor, or is handed out: somebody works on it. What
// happens while it is handed out (a changed asset, a notification, a watcher) counts when it is scheduled again.
class OpenTask {
 public:
  // What is to be done with a task that is handed out.
  enum class Step {
    kCheck,   // To read it and see; needs no request.
    kPoll,    // To ask the vendor, when its turn comes.
    kSubmit,  // To send it, when its turn comes: PENDING, without assets to check, before its deadline.
    kDisown,  // To end it without sending it.
  };
  struct Due {
    Step step = Step::kCheck;
    std::string tenant;
    std::string upstream;
    bool submitted = false;    // The vendor has it: what it awaits is a poll; else a submission.
    bool missed_turn = false;  // It awaited its turn for too long.
  };

  // A place among the requests to the vendor.
  struct Place {
    std::string tenant;
    absl::Time due;         // Since when the request is due.
    absl::Time rank;        // For the order of requests: `due`, or later for a poll that is an extra.
    bool notified = false;  // The vendor has told of news.
    absl::Time until;       // It is handed out then, if its turn has not come.
  };

  // What the vendor said when it was polled. Neither `ok` nor `not_found`: there was no answer.
  struct Answer {
    bool ok = false;
    bool not_found = false;
    bool result_missing = false;  // A success without a result.
    int64_t outage_epoch = 0;     // Answers "no such task" of different epochs do not add up.
  };
  struct Patience {
    NotFoundPatience lost;
    absl::Duration result;     // With a success without a result.
    absl::Duration last_word;  // How long an overdue task is polled until an answer comes.
  };
  struct Verdict {
    bool lost = false;                               // "No such task" for longer than the patience.
    std::optional<absl::Time> result_awaited_until;  // A success without a result fails then.
    bool notified = false;                           // A notification led to this poll.
    bool notified_meanwhile = false;                 // One came since the poll began.
    bool awaits_last_word = false;                   // It is overdue, and is polled again if there was no answer.
  };

  // What ends a wait before its time. kNews: notifications and watchers.
  enum class WokenBy { kNothing, kAssets, kNews };
  struct Plan {
    absl::Time due;
    WokenBy woken_by = WokenBy::kNothing;
    // No notification or watcher brings it before this time.
    absl::Time not_before = absl::InfinitePast();
    // When it would be due if somebody watched it.
    absl::Time if_watched = absl::InfiniteFuture();
    // When it would be due at the usual pace, if that is later than `due`.
    absl::Time rank = absl::InfinitePast();
  };

  // Handed out. `disowned`: its only step is kDisown.
  OpenTask(const model::GenerationTask& task, absl::Time now, bool disowned = false);

  // The task was changed, and is this now.
  void OnChange(const model::GenerationTask& task, absl::Time now);

  // ---- Steps ----

  // Its time has come: hands it out.
  Due OnDue(absl::Time now);
  // Its request is to wait for its turn. `last_word`: how much later than at its deadline one that was submitted is
  // handed out if its turn does not come; counted from now if the deadline is over.
  Place AwaitTurn(absl::Time now, absl::Duration last_word);
  // The turn has come: hands it out. The notifications so far are answered by the poll that begins; if it is scheduled
  // without OnReport, they are not. False: it does not wait for a turn any more.
  bool OnTurn();
  // The poll has ended.
  Verdict OnReport(const Answer& answer, const Patience& patience, absl::Time now);
  // Ends the step. Returns when it is due: `plan.due`, or earlier by what has come meanwhile.
  absl::Time Schedule(const Plan& plan, absl::Time now);
  // How often the task was submitted before; counts this time.
  int CountSubmission() { return submissions_++; }

  // ---- Events. They return when a scheduled task is due by them; nullopt: they bring nothing forward. ----

  // The vendor tells of news. Five notifications within seconds are acted on at once, further ones once a second.
  std::optional<absl::Time> OnNotify(absl::Time now);
  // The same by a notification that came before the vendor's id of the task was known.
  void OnEarlyNotify(absl::Time now) { notice_ = now; }
  // Somebody watches the task from now on.
  std::optional<absl::Time> OnWatcher(absl::Time now);
  std::optional<absl::Time> OnAssetChange(absl::Time now);

  // ---- Assets ----

  // Call it before the assets are read: changes from now on count. Returns which were asked to be revived for it.
  Revivals BeginCheck();
  // It waits for its assets, and these are revived for it. True once: it begins to wait.
  bool BeginWait(const std::vector<model::Asset>& to_revive);

  // ---- What its caller is told about the wait ----

  // Whether `reason` is to be told: it awaits its turn, it is news (IsNews), and no reason of its kind was told within
  // `again`.
  bool IsToBeTold(const WaitReason& reason, absl::Duration again, absl::Time now) const;
  // It is told by this `state_message`, until OnChange brings another one.
  void OnTold(const WaitReason& reason, const std::string& message, absl::Time now);

  // ---- Facts ----

  const std::string& tenant() const { return tenant_; }
  const std::string& upstream() const { return upstream_; }
  const std::string& upstream_task_id() const { return upstream_task_id_; }  // Empty: not known yet.
  const std::vector<std::string>& assets() const { return assets_; }         // Names, each once.
  model::TaskState state() const { return state_; }
  bool submitted() const { return IsSubmitted(state_); }
  bool ended() const { return model::IsTerminal(state_); }
  int64_t revision() const { return revision_; }  // Of the last change.
  bool handed_out() const { return phase_ == Phase::kHandedOut; }
  bool polled() const { return polled_; }
  absl::Time answered() const { return answered_; }        // Or when it was taken up, or accepted.
  absl::Time doubt_since() const { return doubt_since_; }  // InfiniteFuture: it is not in doubt.
  // Whether a notification is due that its turn, which it awaits, would answer.
  bool IsNotifiedAwaitingTurn(absl::Time now) const;

 private:
  enum class Phase : uint8_t { kScheduled, kAwaitsTurn, kHandedOut };

  // Why the task waits, as its caller was told last.
  struct Told {
    WaitReason reason;
    std::string text;  // The task's state_message.
    // When a reason of the kind was told last.
    std::array<absl::Time, WaitReason::kKinds> at = {absl::InfinitePast(), absl::InfinitePast(), absl::InfinitePast()};
  };

  bool IsLost(const Answer& answer, const NotFoundPatience& patience, absl::Time now);
  std::optional<absl::Time> ResultAwaitedUntil(bool missing, absl::Duration patience, absl::Time now);
  absl::Time BringForward(absl::Time due);

  const std::string tenant_;
  const std::string upstream_;
  const std::vector<std::string> assets_;
  const bool disowned_;
  int64_t revision_ = 0;
  model::TaskState state_ = model::TaskState::kUnspecified;
  absl::Time deadline_;
  std::string upstream_task_id_;
  Phase phase_ = Phase::kHandedOut;
  Plan plan_;                            // What ends the present wait; `due` and `rank` as they were brought forward.
  bool watcher_came_ = false;            // While it was handed out.
  bool asset_changed_ = false;           // Since BeginCheck.
  std::optional<absl::Time> notice_;     // When the notification that no poll has begun for is due.
  std::optional<absl::Time> answering_;  // The same of the one that the present poll answers.
  absl::Time next_notice_ = absl::InfinitePast();  // When the next is due if none may come early.
  bool waited_ = false;                            // For its assets.
  Revivals revivals_;
  int submissions_ = 0;
  bool polled_ = false;
  absl::Time answered_;
  absl::Time doubt_since_ = absl::InfiniteFuture();
  NotFoundStreak not_found_;
  int64_t outage_epoch_ = 0;
  absl::Time overdue_since_ = absl::InfiniteFuture();
  absl::Time result_missing_since_ = absl::InfiniteFuture();
  std::optional<Told> told_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_OPEN_TASK_H_
