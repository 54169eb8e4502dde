#include "service/engine/tasks/polling.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/engine/tasks/report_merge.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

// How long after its deadline a task is kept whose vendor cannot be asked: it may have ended well, and be paid for.
constexpr absl::Duration kLongestLastWord = absl::Hours(24);

OpenTask::Answer AnswerOf(const absl::StatusOr<upstream::TaskReport>& report, const RequestSlot& slot) {
  return {report.ok(), absl::IsNotFound(report.status()), report.ok() && report->result_missing, slot.outage_epoch()};
}

}  // namespace

void Polling::Await(const std::string& id, VendorAccount& account) {
  const std::optional<OpenTask::Place> place = with_.table.AwaitTurn(id, patience_.last_word);
  if (!place.has_value()) return;
  account.requests().Add(RequestKind::kRead, place->tenant, id, place->rank,
                         [this, id, &account](RequestSlot& slot) { OnTurn(id, account, slot); });
  if (place->notified) (void)account.requests().Hasten(RequestKind::kRead, id);
}

void Polling::Check(const GenerationTask& task, bool missed_turn, VendorAccount& account) {
  // Its time is over, and the last word of the vendor did not come, though it could be asked.
  const bool over = missed_turn && with_.clock.Now() >= task.deadline_time &&
                    !MayStillTell(task, with_.table.StandingOf(task.id).polled, account);
  return over ? schedule_.GiveUp(task) : Await(task.id, account);
}

bool Polling::MayStillTell(const GenerationTask& task, bool polled, VendorAccount& account) {
  if (with_.clock.Now() >= task.deadline_time + kLongestLastWord) return false;
  return !polled || account.requests().IsHeldUp(RequestKind::kRead);
}

void Polling::OnTurn(const std::string& id, VendorAccount& account, RequestSlot& slot) {
  if (!with_.table.OnTurn(id) || schedule_.stopped()) return;
  if (!schedule_.Owns(id)) return schedule_.ScheduleIn(id, absl::Seconds(1));
  const std::optional<GenerationTask> task = schedule_.ReadOpenOrEndStep(id);
  if (!task.has_value()) return;
  if (!IsSubmitted(task->state)) return schedule_.Schedule(*task);
  Poll(*task, account, slot);
}

void Polling::Poll(const GenerationTask& task, VendorAccount& account, RequestSlot& slot) {
  absl::StatusOr<upstream::TaskReport> report =
      account.upstream().tasks().GetTask(with_.accounts.BackgroundRead(&slot, task.traceparent), task.upstream_task_id);
  // Broken off because the process stops: that is no answer.
  if (absl::IsCancelled(report.status())) return schedule_.ScheduleIn(task.id, absl::Seconds(1));
  account.metrics().Polled("task", report.status());
  const auto [verdict, standing] = with_.table.OnReport(task.id, AnswerOf(report, slot), patience_);
  if (verdict.lost) return Lose(task.id);
  if (report.ok()) JudgeResult(verdict.result_awaited_until, *report);
  GenerationTask merged = task;
  const bool news = report.ok() && MergeReport(*report, merged);
  const bool ended = model::IsTerminal(merged.state);
  // A webhook that came while the answer was on its way counts too.
  if (ended) Learn(*report, merged, verdict.notified || verdict.notified_meanwhile, account);
  const absl::Duration wish = base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration());
  if (!ended && with_.clock.Now() >= task.deadline_time) {
    // Without an answer the task may have ended well, and be paid for: then the verdict waits a while for one.
    const bool waits = verdict.awaits_last_word || MayStillTell(task, /*polled=*/true, account);
    if (report.ok() || !waits) return schedule_.GiveUp(task);
    return schedule_.ScheduleLastWord(task.id, wish);
  }
  if (news) {
    // Unless it was cancelled while the answer was on its way.
    (void)schedule_.Finish(task.id, IsAtVendor, [&](GenerationTask& edited) { MergeReport(*report, edited); });
  } else if (verdict.notified || !report.ok() || report->result_missing) {
    // What the webhook, or the vendor's success, told of was not to be seen yet: no reason for a long pause.
    schedule_.SchedulePollSoon(merged, standing, wish);
  } else {
    schedule_.SchedulePoll(merged, standing, wish);
  }
}

void Polling::Lose(const std::string& id) {
  (void)schedule_.Finish(id, IsAtVendor, [](GenerationTask& edited) {
    edited.state = TaskState::kLost;
    edited.error = {base::Reason::kUpstreamLost, "", "the vendor no longer has the task"};
  });
}

void Polling::JudgeResult(const std::optional<absl::Time>& awaited_until, upstream::TaskReport& report) {
  if (!awaited_until.has_value()) return;
  if (with_.clock.Now() < *awaited_until) {
    report.note = absl::StrCat("the vendor reports success but no link to the video; waiting for it until ",
                               UtcText(*awaited_until));
    return;
  }
  report.result_missing = false;
  report.state = TaskState::kFailed;
  report.error = {base::Reason::kResultMissing, "",
                  "the vendor reports success and bills the task, but provides no link to the video"};
}

void Polling::Learn(const upstream::TaskReport& report, const GenerationTask& task, bool expected,
                    VendorAccount& account) {
  const std::string& upstream = task.request.upstream;
  // RESULT_MISSING is the gateway's own verdict: no webhook can tell of it.
  if (!expected && task.error.reason != base::Reason::kResultMissing) schedule_.trust().Missed(upstream);
  const absl::Time now = with_.clock.Now();
  if (report.end_time.has_value()) account.metrics().Discovered(now - *report.end_time);
  if (task.state != TaskState::kSucceeded) return;  // Failures come at any time.
  schedule_.usual().Add(upstream, task.request.model, report.end_time.value_or(now) - task.submit_time);
}

}  // namespace seedance::engine
