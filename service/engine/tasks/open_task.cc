#include "service/engine/tasks/open_task.h"

#include <algorithm>
#include <utility>

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

constexpr int kNoticesAtOnce = 5;
constexpr absl::Duration kNoticePause = absl::Seconds(1);

}  // namespace

bool IsSubmitted(TaskState state) { return state == TaskState::kQueued || state == TaskState::kRunning; }

OpenTask::OpenTask(const GenerationTask& task, absl::Time now, bool disowned)
    : tenant_(task.tenant),
      upstream_(task.request.upstream),
      assets_(AssetNames(task.request)),
      disowned_(disowned),
      answered_(now) {
  plan_.due = plan_.rank = now;
  OnChange(task, now);
}

void OpenTask::OnChange(const GenerationTask& task, absl::Time now) {
  if (IsSubmitted(task.state) && !submitted()) answered_ = now;
  revision_ = task.revision;
  state_ = task.state;
  if (state_ != TaskState::kSubmitUnknown) {
    doubt_since_ = absl::InfiniteFuture();
  } else {
    doubt_since_ = std::min(doubt_since_, task.update_time);
  }
  deadline_ = task.deadline_time;
  if (upstream_task_id_.empty()) upstream_task_id_ = task.upstream_task_id;
  if (told_.has_value() && told_->text != task.state_message) told_.reset();
}

OpenTask::Due OpenTask::OnDue(absl::Time now) {
  Due due{Step::kCheck, tenant_, upstream_, submitted(), phase_ == Phase::kAwaitsTurn};
  phase_ = Phase::kHandedOut;
  const bool ready = state_ == TaskState::kPending && assets_.empty() && now < deadline_;
  if (disowned_) {
    due.step = Step::kDisown;
  } else if (!due.missed_turn && (due.submitted || ready)) {
    due.step = due.submitted ? Step::kPoll : Step::kSubmit;
  }
  return due;
}

OpenTask::Place OpenTask::AwaitTurn(absl::Time now, absl::Duration last_word) {
  phase_ = Phase::kAwaitsTurn;
  const absl::Time deadline = std::max(deadline_, now);
  return {tenant_, plan_.due, plan_.rank, notice_.has_value(), submitted() ? deadline + last_word : deadline};
}

bool OpenTask::OnTurn() {
  if (phase_ != Phase::kAwaitsTurn) return false;
  phase_ = Phase::kHandedOut;
  answering_ = std::exchange(notice_, std::nullopt);
  return true;
}

OpenTask::Verdict OpenTask::OnReport(const Answer& answer, const Patience& patience, absl::Time now) {
  Verdict verdict;
  verdict.notified = std::exchange(answering_, std::nullopt).has_value();
  verdict.notified_meanwhile = notice_.has_value();
  polled_ = true;
  if (answer.ok || answer.not_found) answered_ = now;
  verdict.lost = IsLost(answer, patience.lost, now);
  if (answer.ok) verdict.result_awaited_until = ResultAwaitedUntil(answer.result_missing, patience.result, now);
  if (now >= deadline_) {
    overdue_since_ = std::min(overdue_since_, now);
    verdict.awaits_last_word = now < overdue_since_ + patience.last_word;
  }
  return verdict;
}

bool OpenTask::IsLost(const Answer& answer, const NotFoundPatience& patience, absl::Time now) {
  if (std::exchange(outage_epoch_, answer.outage_epoch) != answer.outage_epoch) not_found_.Reset();
  if (answer.not_found) return not_found_.Add(now, patience);
  not_found_.Reset();
  return false;
}

std::optional<absl::Time> OpenTask::ResultAwaitedUntil(bool missing, absl::Duration patience, absl::Time now) {
  result_missing_since_ = missing ? std::min(result_missing_since_, now) : absl::InfiniteFuture();
  if (!missing) return std::nullopt;
  return std::min(result_missing_since_ + patience, std::max(deadline_, result_missing_since_));
}

absl::Time OpenTask::Schedule(const Plan& plan, absl::Time now) {
  phase_ = Phase::kScheduled;
  plan_ = plan;
  // The poll did not take place.
  if (const auto unanswered = std::exchange(answering_, std::nullopt)) notice_ = unanswered;
  const bool watcher_came = std::exchange(watcher_came_, false);
  absl::Time due = plan.due;
  if (plan.woken_by == WokenBy::kAssets && asset_changed_) due = std::min(due, now);
  if (plan.woken_by == WokenBy::kNews) {
    if (notice_.has_value()) due = std::min(due, std::max(*notice_, plan.not_before));
    if (watcher_came) due = std::min(due, std::max(plan.if_watched, plan.not_before));
  }
  // One that is brought forward keeps full priority.
  plan_.rank = due < plan.due ? due : std::max(due, plan.rank);
  plan_.due = due;
  return due;
}

absl::Time OpenTask::BringForward(absl::Time due) {
  plan_.due = plan_.rank = std::min(plan_.due, due);
  return due;
}

std::optional<absl::Time> OpenTask::OnNotify(absl::Time now) {
  // One that no poll has begun for yet is answered together with this one.
  if (!notice_.has_value()) {
    notice_ = std::max(now, next_notice_ - kNoticePause * (kNoticesAtOnce - 1));
    next_notice_ = std::max(now, next_notice_) + kNoticePause;
  }
  if (phase_ != Phase::kScheduled || plan_.woken_by != WokenBy::kNews) return std::nullopt;
  return BringForward(std::max(*notice_, plan_.not_before));
}

bool OpenTask::IsNotifiedAwaitingTurn(absl::Time now) const {
  return phase_ == Phase::kAwaitsTurn && notice_.has_value() && *notice_ <= now;
}

std::optional<absl::Time> OpenTask::OnWatcher(absl::Time now) {
  watcher_came_ = phase_ == Phase::kHandedOut;
  if (phase_ != Phase::kScheduled || plan_.woken_by != WokenBy::kNews) return std::nullopt;
  const absl::Time due = std::max(plan_.if_watched, plan_.not_before);
  if (due == absl::InfiniteFuture()) return std::nullopt;
  // If the watched pace is over already, now.
  return BringForward(std::max(due, now));
}

std::optional<absl::Time> OpenTask::OnAssetChange(absl::Time now) {
  asset_changed_ = true;
  if (phase_ != Phase::kScheduled || plan_.woken_by != WokenBy::kAssets) return std::nullopt;
  return BringForward(now);
}

Revivals OpenTask::BeginCheck() {
  asset_changed_ = false;
  return revivals_;
}

bool OpenTask::BeginWait(const std::vector<model::Asset>& to_revive) {
  for (const model::Asset& asset : to_revive) revivals_[asset.name()] = asset.revision;
  return !std::exchange(waited_, true);
}

bool OpenTask::IsToBeTold(const WaitReason& reason, absl::Duration again, absl::Time now) const {
  if (phase_ != Phase::kAwaitsTurn) return false;
  if (!told_.has_value()) return true;
  const absl::Time last = told_->at[static_cast<size_t>(reason.kind)];
  // A time ahead: the clock was set back.
  if (last <= now && now - last < again) return false;
  return IsNews(told_->reason, reason, now);
}

void OpenTask::OnTold(const WaitReason& reason, const std::string& message, absl::Time now) {
  if (!told_.has_value()) told_ = Told();
  told_->reason = reason;
  told_->text = message;
  told_->at[static_cast<size_t>(reason.kind)] = now;
}

}  // namespace seedance::engine
