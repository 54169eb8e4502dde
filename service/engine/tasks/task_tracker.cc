#include "service/engine/tasks/task_tracker.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"

namespace seedance::engine {

using model::GenerationTask;
using model::TaskState;

TaskTracker::TaskTracker(const Options& options, const Dependencies& with, WaitTeller& waits,
                         const TaskObservers& observers)
    : submit_unknown_deadline_(options.submit_unknown_deadline),
      with_(with),
      waits_(waits),
      schedule_(options, with, observers.audience),
      submission_(options, with, observers, waits, schedule_),
      polling_(options, with, schedule_) {}

void TaskTracker::Start() {
  with_.table.Start([this](const std::string& id, const OpenTask::Due& due) { OnDue(id, due); });
}

absl::Status TaskTracker::TakeUp(const store::ShardSet& shards) {
  {
    base::MutexLock lock(mutex_);
    followed_ |= shards;
  }
  const absl::StatusOr<std::vector<GenerationTask>> open = with_.store.ListOpenTasks();
  if (!open.ok()) return open.status();
  for (const GenerationTask& found : *open) {
    // Those that are there were taken up before an error.
    if (!shards.test(store::ShardOf(found.id)) || with_.table.Contains(found.id)) continue;
    if (submission_.IsSending(found.id)) {
      // By this process, which lost the shard meanwhile and has it again.
      with_.table.AddHandedOut(found);
      continue;
    }
    if (found.state != TaskState::kSubmitting) {
      Track(found);
      continue;
    }
    const auto doubt = [this](GenerationTask& edited) {
      edited.state = TaskState::kSubmitUnknown;
      edited.error = {base::Reason::kOutcomeUnknown, "", "the gateway stopped before the vendor answered"};
      edited.deadline_time = edited.create_time + submit_unknown_deadline_;
    };
    const auto in_doubt = with_.writer.WriteIf(found.id, IsIn(TaskState::kSubmitting), doubt);
    if (!in_doubt.ok()) return in_doubt.status();
    Track(*in_doubt);
  }
  base::MutexLock lock(mutex_);
  taken_up_ |= shards;
  return absl::OkStatus();
}

void TaskTracker::Drop(const store::ShardSet& shards) {
  {
    base::MutexLock lock(mutex_);
    followed_ &= ~shards;
    taken_up_ &= ~shards;
  }
  with_.table.RemoveAll([&](const std::string& id) { return shards.test(store::ShardOf(id)); });
}

void TaskTracker::OnForeignChange(const GenerationTask& task) {
  if (!Follows(task.id)) return;
  switch (with_.table.OnChange(task)) {
    case TaskTable::News::kUnknown:
      // One that was given up, and is followed again. Others are their creator's to track, or TakeUp's.
      if (IsSubmitted(task.state)) Track(task);
      return;
    case TaskTable::News::kState:
      return with_.table.Hasten(task.id);
    case TaskTable::News::kNone:
      return;
  }
}

bool TaskTracker::Follows(const std::string& id) {
  base::MutexLock lock(mutex_);
  return followed_.test(store::ShardOf(id));
}

bool TaskTracker::MayCreate(const std::string& id) {
  const size_t shard = store::ShardOf(id);
  base::MutexLock lock(mutex_);
  return taken_up_.test(shard) && with_.store.ownership().Owns(shard);
}

void TaskTracker::Stop() {
  schedule_.Stop();
  with_.table.Stop();
  waits_.Stop();
}

void TaskTracker::Track(const GenerationTask& task) {
  with_.table.Add(task, task.state == TaskState::kSubmitUnknown ? task.deadline_time : with_.clock.Now());
}

bool TaskTracker::Notify(const std::string& upstream, const std::string& upstream_task_id) {
  const TaskTable::Notified notified = with_.table.OnNotify(upstream, upstream_task_id);
  if (notified.known) schedule_.trust().Arrived(upstream);
  VendorAccount* account = with_.accounts.Named(upstream);
  if (account == nullptr) return notified.known;
  account->metrics().Poked(notified.known);
  // One whose turn has not come goes before those that are merely due.
  if (!notified.awaits_turn.empty()) (void)account->requests().Hasten(RequestKind::kRead, notified.awaits_turn);
  return notified.known;
}

void TaskTracker::OnDue(const std::string& id, const OpenTask::Due& due) {
  if (schedule_.stopped()) return;
  if (due.step == OpenTask::Step::kDisown) return waits_.Run([this, id] { EndDisowned(id); });
  // Stored just when its shard went away.
  if (!Follows(id)) return with_.table.Remove(id);
  if (!schedule_.Owns(id)) return schedule_.ScheduleIn(id, absl::Seconds(1));
  // What the vendor has is followed to its end; only what would begin needs the right to.
  VendorAccount* account =
      due.submitted ? with_.accounts.Named(due.upstream) : with_.accounts.Find(due.tenant, due.upstream);
  if (account == nullptr) {
    base::Log(base::LogLevel::kError, "task_without_upstream",
              {{"task", model::GenerationTaskName(id)}, {"tenant", due.tenant}, {"upstream", due.upstream}});
    return waits_.Run([this, id] { CheckWithoutUpstream(id); });
  }
  if (due.missed_turn) {
    (void)account->requests().Remove(due.submitted ? RequestKind::kRead : RequestKind::kChange, id);
  }
  if (due.step == OpenTask::Step::kPoll) return polling_.Await(id, *account);
  if (due.step == OpenTask::Step::kSubmit && !submission_.stopped()) return submission_.Await(id, *account);
  waits_.Run([this, id, missed_turn = due.missed_turn, account] { Check(id, missed_turn, *account); });
}

void TaskTracker::Check(const std::string& id, bool missed_turn, VendorAccount& account) {
  if (schedule_.stopped()) return;
  const std::optional<GenerationTask> task = schedule_.ReadOpenOrEndStep(id);
  if (!task.has_value()) return;
  if (task->state == TaskState::kPending) return submission_.Check(*task, account);
  if (IsSubmitted(task->state)) return polling_.Check(*task, missed_turn, account);
  // SUBMIT_UNKNOWN waits for its deadline. SUBMITTING cannot be seen here: Submission ends it before the next step.
  return with_.clock.Now() >= task->deadline_time ? schedule_.GiveUp(*task) : schedule_.Schedule(*task);
}

void TaskTracker::CheckWithoutUpstream(const std::string& id) {
  if (schedule_.stopped()) return;
  const std::optional<GenerationTask> task = schedule_.ReadOpenOrEndStep(id);
  if (!task.has_value()) return;
  const absl::Time now = with_.clock.Now();
  if (now >= task->deadline_time) return schedule_.GiveUp(*task);
  // Best effort: the next check says it too.
  (void)waits_.Tell(*task, absl::StrCat("upstream ", task->request.upstream,
                                        " is not configured for this tenant; the task waits for it until its "
                                        "deadline at ",
                                        UtcText(task->deadline_time), " at the latest"));
  with_.table.Schedule(id, {.due = std::min(now + absl::Minutes(1), task->deadline_time)});
}

void TaskTracker::EndDisowned(const std::string& id) {
  if (schedule_.stopped()) return;
  const auto is_unsent = [](const GenerationTask& task) {
    return task.state == TaskState::kPending || task.state == TaskState::kSubmitting;
  };
  const absl::Status ended =
      with_.writer
          .WriteIf(id, is_unsent,
                   [](GenerationTask& edited) {
                     edited.state = TaskState::kFailed;
                     edited.error = {base::Reason::kStoreUnavailable, "",
                                     "the store failed when the task was created; it was never sent"};
                     edited.state_message.clear();
                   })
          .status();
  if (base::GetReason(ended) == base::Reason::kStoreUnavailable) return schedule_.ScheduleIn(id, absl::Seconds(1));
  with_.table.Remove(id);
}

}  // namespace seedance::engine
