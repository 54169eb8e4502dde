#include "service/engine/tasks/task_schedule.h"

#include <algorithm>
#include <utility>

#include "service/base/error.h"

namespace seedance::engine {

using model::GenerationTask;
using model::TaskState;

TaskSchedule::TaskSchedule(const TrackerOptions& options, const TrackerDependencies& with, TaskAudience& audience)
    : pace_{options.poll_interval_queued, options.poll_interval_running, options.poll_interval_unwatched,
            options.poll_interval_with_webhooks, options.poll_interval_watched},
      with_(with),
      audience_(audience) {}

std::optional<GenerationTask> TaskSchedule::ReadOpenOrEndStep(const std::string& id) {
  absl::StatusOr<GenerationTask> task = with_.store.GetTask(id);
  if (absl::IsNotFound(task.status()) || (task.ok() && model::IsTerminal(task->state))) {
    with_.table.Remove(id);
    return std::nullopt;
  }
  if (!task.ok()) {
    ScheduleIn(id, absl::Seconds(1));
    return std::nullopt;
  }
  return *std::move(task);
}

bool TaskSchedule::Finish(const std::string& id, TaskWriter::Condition condition, TaskWriter::Change change,
                          absl::Duration at_least, const std::shared_ptr<base::CancelToken>& until) {
  const absl::StatusOr<GenerationTask> written =
      with_.writer.WriteSurely(id, condition, change, until != nullptr ? until : stopping_);
  if (written.ok()) {
    Schedule(*written, at_least);
  } else if (base::GetReason(written.status()) != base::Reason::kStoreUnavailable) {
    // Gone, or changed by somebody else meanwhile: the next step sees how.
    ScheduleIn(id, absl::Seconds(1));
  }
  return written.ok();
}

void TaskSchedule::GiveUp(const GenerationTask& task) {
  (void)Finish(task.id, IsIn(task.state), [](GenerationTask& edited) {
    const bool in_doubt = edited.state == TaskState::kSubmitUnknown;
    edited.state = TaskState::kExpired;
    if (in_doubt) return;  // It keeps its error, OUTCOME_UNKNOWN.
    edited.error = {base::Reason::kDeadlineExceeded, "", "the task did not end before its deadline"};
  });
}

void TaskSchedule::Schedule(const GenerationTask& task, absl::Duration at_least) {
  if (model::IsTerminal(task.state)) return with_.table.Remove(task.id);
  if (IsSubmitted(task.state)) return SchedulePoll(task, with_.table.StandingOf(task.id), at_least);
  const absl::Time now = with_.clock.Now();
  const absl::Duration pause = task.state == TaskState::kPending ? at_least : absl::InfiniteDuration();
  with_.table.Schedule(task.id, {.due = std::min(now + pause, std::max(task.deadline_time, now))});
}

void TaskSchedule::ScheduleIn(const std::string& id, absl::Duration pause) {
  with_.table.Schedule(id, {.due = with_.clock.Now() + pause});
}

void TaskSchedule::ScheduleLastWord(const std::string& id, absl::Duration at_least) {
  ScheduleIn(id, std::max(Jittered(pace_.running, with_.random), at_least));
}

PollFacts TaskSchedule::FactsOf(const GenerationTask& task, const TaskTable::Standing& standing) {
  const std::string& upstream = task.request.upstream;
  VendorAccount* account = with_.accounts.Named(upstream);
  PollFacts facts;
  facts.state = task.state;
  facts.age = with_.clock.Now() - task.submit_time;
  facts.first = !standing.polled;
  // What its caller gave up is polled as if nobody watched.
  facts.watched = !task.detached && audience_.Watches(task);
  if (account != nullptr) facts.round = account->requests().TimeForPolls(standing.submitted);
  facts.webhooks = trust_.Trusts(upstream);
  facts.crowded = account != nullptr && account->requests().IsCrowded(RequestKind::kRead);
  facts.usual = usual_.Of(upstream, task.request.model);
  return facts;
}

void TaskSchedule::SchedulePoll(const GenerationTask& task, const TaskTable::Standing& standing,
                                absl::Duration at_least) {
  PollFacts facts = FactsOf(task, standing);
  const absl::Duration pause = PollPause(pace_, facts);
  PollFacts watched = facts;
  watched.watched = true;
  facts.usual.reset();
  Plan(task, pause, PollPause(pace_, watched), PollPause(pace_, facts), at_least);
}

void TaskSchedule::SchedulePollSoon(const GenerationTask& task, const TaskTable::Standing& standing,
                                    absl::Duration at_least) {
  PollFacts facts = FactsOf(task, standing);
  const absl::Duration usual = task.state == TaskState::kQueued ? pace_.queued : pace_.running;
  const bool watched = std::exchange(facts.watched, true);
  const absl::Duration if_watched = std::min(usual, PollPause(pace_, facts));
  Plan(task, watched ? if_watched : usual, if_watched, usual, at_least);
}

void TaskSchedule::Plan(const GenerationTask& task, absl::Duration pause, absl::Duration if_watched,
                        absl::Duration usual, absl::Duration at_least) {
  const absl::Time now = with_.clock.Now();
  OpenTask::Plan plan;
  plan.due = std::min(now + std::max(Jittered(pause, with_.random), at_least), std::max(task.deadline_time, now));
  plan.woken_by = OpenTask::WokenBy::kNews;
  plan.not_before = now + at_least;
  plan.if_watched = now + Jittered(if_watched, with_.random);
  plan.rank = now + usual;
  with_.table.Schedule(task.id, plan);
}

}  // namespace seedance::engine
