// The polls of TaskTracker: when they are due, and what becomes of their answers.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/engine/tasks/task_report.h"
#include "service/engine/tasks/task_tracker.h"

// Tests: tests/unit/engine/tasks/task_tracker_test.cc, tests/unit/engine/dispatch/task_turns_test.cc

namespace seedance::engine {

using model::GenerationTask;
using model::TaskState;

namespace {

bool IsSubmitted(TaskState state) { return state == TaskState::kQueued || state == TaskState::kRunning; }

}  // namespace

void TaskTracker::AwaitPoll(const std::string& id, const OpenTasks::Owner& owner, VendorAccount& account) {
  const bool poked = open_.IsPoked(id);
  open_.AwaitTurn(id, options_.last_word);
  account.requests().Add(RequestKind::kPoll, owner.tenant, id, owner.rank,
                         [this, id, &account](RequestSlot& slot) { OnPollTurn(id, account, slot); });
  if (poked) (void)account.requests().Hasten(RequestKind::kPoll, id);
}

void TaskTracker::OnPollTurn(const std::string& id, VendorAccount& account, RequestSlot& slot) {
  if (!open_.BeginTurn(id) || stopped()) return;
  const std::optional<GenerationTask> task = ReadOpen(id);
  if (!task.has_value()) return;
  if (!IsSubmitted(task->state)) return ScheduleNext(*task, absl::ZeroDuration());
  Poll(*task, account, slot);
}

void TaskTracker::Poll(const GenerationTask& task, VendorAccount& account, RequestSlot& slot) {
  const bool poked = open_.BeginPoll(task.id);
  absl::StatusOr<upstream::TaskReport> report =
      account.upstream().tasks().GetTask(upstreams_.BackgroundRead(&slot), task.upstream_task_id);
  // Broken off because the process stops: that is no answer.
  if (absl::IsCancelled(report.status())) return ScheduleIn(task.id, absl::Seconds(1));
  account.metrics().Polled("task", report.status());
  if (report.ok() || absl::IsNotFound(report.status())) open_.NoteAnswer(task.id);
  if (open_.CountNotFound(task.id, absl::IsNotFound(report.status()), options_.lost, slot.outage_epoch())) {
    ChangeSurely(task.id, [](GenerationTask& edited) {
      if (!IsSubmitted(edited.state)) return absl::AbortedError("no longer at the vendor");
      edited.state = TaskState::kLost;
      edited.error = {base::Reason::kUpstreamLost, "", "the vendor no longer has the task"};
      return absl::OkStatus();
    });
    return;
  }
  if (report.ok()) JudgeResult(task, *report);
  GenerationTask merged = task;
  const bool news = report.ok() && MergeReport(*report, merged);
  const bool ended = model::IsTerminal(merged.state);
  // A webhook that came while the answer was on its way counts too.
  const bool untold = ended && merged.error.reason != base::Reason::kResultMissing;  // The gateway's own verdict.
  if (untold && !poked && !open_.IsPoked(task.id)) trust_.Missed(task.request.upstream);
  if (ended) Ended(*report, merged, account);
  const absl::Duration wish = base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration());
  if (!ended && clock_.Now() >= task.deadline_time) {
    // Without an answer the task may have ended well, and be paid for: then the verdict waits a while for one.
    const bool waits = open_.AwaitsLastWord(task.id, options_.last_word) || MayStillTell(task, account);
    if (report.ok() || !waits) return GiveUp(task);
    return ScheduleIn(task.id, std::max(Jittered(pace_.running, random_), wish));
  }
  if (news) {
    ChangeSurely(task.id, [&](GenerationTask& edited) {
      // Cancelled while the answer was on its way.
      if (!IsSubmitted(edited.state)) return absl::AbortedError("no longer at the vendor");
      MergeReport(*report, edited);
      return absl::OkStatus();
    });
  } else if (poked || !report.ok() || report->result_missing) {
    // What the webhook, or the vendor's success, told of was not to be seen yet: no reason for a long pause.
    SchedulePollSoon(merged, wish);
  } else {
    SchedulePoll(merged, wish);
  }
}

void TaskTracker::JudgeResult(const GenerationTask& task, upstream::TaskReport& report) {
  const absl::Time since = open_.NoteResult(task.id, report.result_missing);
  if (!report.result_missing || since == absl::InfiniteFuture()) return;
  const absl::Time end = std::min(since + options_.result_patience, std::max(task.deadline_time, since));
  if (clock_.Now() < end) {
    report.note =
        absl::StrCat("the vendor reports success but no link to the video; waiting for it until ", UtcText(end));
    return;
  }
  report.result_missing = false;
  report.state = TaskState::kFailed;
  report.error = {base::Reason::kResultMissing, "",
                  "the vendor reports success and bills the task, but provides no link to the video"};
}

void TaskTracker::Ended(const upstream::TaskReport& report, const GenerationTask& task, VendorAccount& account) {
  if (report.end_time.has_value()) account.metrics().Discovered(clock_.Now() - *report.end_time);
  if (task.state != TaskState::kSucceeded) return;  // Failures come at any time.
  usual_.Add(task.request.upstream, task.request.model, report.end_time.value_or(clock_.Now()) - task.submit_time);
}

PollFacts TaskTracker::FactsOf(const GenerationTask& task) {
  const std::string& upstream = task.request.upstream;
  VendorAccount* account = upstreams_.Named(upstream);
  PollFacts facts;
  facts.state = task.state;
  facts.age = clock_.Now() - task.submit_time;
  facts.first = !open_.IsPolled(task.id);
  facts.watched = IsWatched(task);
  if (account != nullptr) facts.round = account->requests().TimeForPolls(open_.CountSubmitted(upstream));
  facts.webhooks = trust_.Trusts(upstream);
  facts.crowded = account != nullptr && account->requests().IsCrowded(RequestKind::kPoll);
  facts.usual = usual_.Of(upstream, task.request.model);
  return facts;
}

void TaskTracker::SchedulePoll(const GenerationTask& task, absl::Duration at_least) {
  PollFacts facts = FactsOf(task);
  const absl::Duration pause = PollPause(pace_, facts);
  PollFacts watched = facts;
  watched.watched = true;
  facts.usual.reset();
  RestForPoll(task, pause, PollPause(pace_, watched), PollPause(pace_, facts), at_least);
}

void TaskTracker::SchedulePollSoon(const GenerationTask& task, absl::Duration at_least) {
  PollFacts facts = FactsOf(task);
  const absl::Duration usual = task.state == TaskState::kQueued ? pace_.queued : pace_.running;
  const bool watched = std::exchange(facts.watched, true);
  const absl::Duration if_watched = std::min(usual, PollPause(pace_, facts));
  RestForPoll(task, watched ? if_watched : usual, if_watched, usual, at_least);
}

void TaskTracker::RestForPoll(const GenerationTask& task, absl::Duration pause, absl::Duration if_watched,
                              absl::Duration usual, absl::Duration at_least) {
  const absl::Time now = clock_.Now();
  const absl::Time due = now + std::max(Jittered(pause, random_), at_least);
  open_.Rest(task.id, std::min(due, std::max(task.deadline_time, now)), OpenTasks::WokenBy::kPokes, now + at_least,
             now + Jittered(if_watched, random_), now + usual);
}

bool TaskTracker::IsWatched(const GenerationTask& task) {
  // What its caller gave up is polled as if nobody watched.
  return !task.detached && (hub_.Count(task.name()) > 0 || (watchers_ && watchers_(task)));
}

}  // namespace seedance::engine
