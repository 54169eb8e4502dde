#include "service/engine/tasks/submission.h"

#include <algorithm>
#include <utility>

#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/trace.h"
#include "service/engine/assets/asset_waits.h"
#include "service/engine/tasks/report_merge.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;
using upstream::Acceptance;

// Of the seeds that the gateway chooses: what every vendor takes.
constexpr int kSeedBits = 31;

// Whether the task is to be sent with a seed by which the vendor's task can be known.
bool IsTagged(const GenerationTask& task, const VendorAccount& account) {
  const UsageLogOptions& log = account.usage_log();
  if (!log.enabled || !log.tag_with_seed || task.sent_seed.has_value()) return false;
  if (task.request.seed.value_or(model::kRandomSeed) != model::kRandomSeed) return false;
  const model::ModelProfile* model = account.profile().FindModel(task.request.model);
  return model != nullptr && model->seed;
}

}  // namespace

void Submission::Await(const std::string& id, VendorAccount& account) {
  const std::optional<OpenTask::Place> place = with_.table.AwaitTurn(id, options_.last_word);
  if (!place.has_value()) return;
  account.requests().Add(RequestKind::kChange, place->tenant, id, place->due,
                         [this, id, &account](RequestSlot& slot) { OnTurn(id, account, slot); });
  const std::optional<WaitReason> reason = account.requests().WhyItWaits(id);
  if (reason.has_value()) waits_.TellLater(id, *reason);
}

void Submission::Check(const GenerationTask& task, VendorAccount& account) {
  if (with_.clock.Now() >= task.deadline_time) return schedule_.GiveUp(task);
  if (stopped()) return schedule_.ScheduleIn(task.id, absl::Seconds(1));
  if (AssetsOrEndStep(task).has_value()) Await(task.id, account);
}

std::unique_ptr<RequestSlot> Submission::TakeSlot(VendorAccount& account) {
  // A new task overtakes none that is due already.
  return !stopped() && !with_.table.AnyDue() ? account.requests().TryTake(RequestKind::kChange) : nullptr;
}

void Submission::OnTurn(const std::string& id, VendorAccount& account, RequestSlot& slot) {
  if (!with_.table.OnTurn(id) || schedule_.stopped()) return;
  if (!schedule_.Owns(id)) return schedule_.ScheduleIn(id, absl::Seconds(1));
  const std::optional<GenerationTask> task = schedule_.ReadOpenOrEndStep(id);
  if (!task.has_value()) return;
  if (task->state != TaskState::kPending) return schedule_.Schedule(*task);
  if (with_.clock.Now() >= task->deadline_time) return schedule_.GiveUp(*task);
  if (stopped()) return schedule_.ScheduleIn(id, absl::Seconds(1));
  // They may have changed while it waited for its turn. What is deleted or replaced at the vendor from here on makes it
  // refuse the task, which bills nothing.
  const std::optional<std::vector<model::Asset>> assets = AssetsOrEndStep(*task);
  if (assets.has_value()) Submit(id, *assets, account, slot);
}

std::optional<std::vector<model::Asset>> Submission::AssetsOrEndStep(const GenerationTask& task) {
  const Revivals revivals = with_.table.BeginCheck(task.id);
  absl::StatusOr<AssetCheck> check = CheckAssets(with_.store, task, revivals);
  if (!check.ok()) {
    schedule_.ScheduleIn(task.id, absl::Seconds(1));
    return std::nullopt;
  }
  if (check->failure.has_value()) {
    (void)schedule_.Finish(task.id, IsIn(TaskState::kPending), [&](GenerationTask& edited) {
      edited.state = TaskState::kFailed;
      edited.error = *check->failure;
      edited.state_message.clear();
    });
    return std::nullopt;
  }
  if (!check->waits_for.empty()) {
    WaitForAssets(task, *check);
    return std::nullopt;
  }
  return std::move(check->assets);
}

void Submission::WaitForAssets(const GenerationTask& task, const AssetCheck& check) {
  if (with_.table.BeginWait(task.id, check.to_revive)) {
    for (const model::Asset& asset : check.assets) {
      if (asset.state == model::AssetState::kActive) observers_.assets.OnUsed(asset, AssetUse::kNeededByWaitingTask);
    }
  }
  for (const model::Asset& asset : check.to_revive) observers_.assets.OnNeeded(asset);
  if (!waits_.Tell(task, WaitMessage(check.waits_for))) return schedule_.ScheduleIn(task.id, absl::Seconds(1));
  const absl::Time now = with_.clock.Now();
  with_.table.Schedule(task.id,
                       {.due = std::min(now + options_.asset_check_interval, std::max(task.deadline_time, now)),
                        .woken_by = OpenTask::WokenBy::kAssets});
}

Submission::Sending::Sending(Submission& submission, const std::string& id) : submission_(submission), id_(id) {
  base::MutexLock lock(submission_.mutex_);
  submission_.sending_.insert(id_);
}

Submission::Sending::~Sending() {
  base::MutexLock lock(submission_.mutex_);
  submission_.sending_.erase(submission_.sending_.find(id_));
}

bool Submission::IsSending(const std::string& id) {
  base::MutexLock lock(mutex_);
  return sending_.count(id) > 0;
}

void Submission::Begin(GenerationTask& task, VendorAccount& account) {
  task.state = TaskState::kSubmitting;
  task.state_message.clear();
  upstream::UsageLogApi* const log = account.upstream().usage_log();
  task.sent_key_id = log == nullptr ? "" : log->key_id();
  if (IsTagged(task, account)) task.sent_seed = static_cast<int64_t>(with_.random.Bits() >> (64 - kSeedBits));
}

void Submission::Submit(const std::string& id, const std::vector<model::Asset>& assets, VendorAccount& account,
                        RequestSlot& slot) {
  const Sending sending(*this, id);
  // From here on a crash means doubt.
  const absl::StatusOr<GenerationTask> task =
      with_.writer.WriteIf(id, IsIn(TaskState::kPending), [&](GenerationTask& edited) { Begin(edited, account); });
  if (!task.ok()) return schedule_.ScheduleIn(id, absl::Seconds(1));
  base::Span waited("wait for assets and turn", base::SpanData::Kind::kInternal, task->traceparent, task->create_time);
  waited.End(absl::OkStatus(), with_.clock.Now());
  Send(*task, assets, account, slot);
}

void Submission::Send(const GenerationTask& task, const std::vector<model::Asset>& assets, VendorAccount& account,
                      RequestSlot& slot) {
  upstream::CallOptions billed = with_.accounts.Billed();
  billed.permit = &slot;
  billed.traceparent = task.traceparent;
  billed.key_id = task.sent_key_id;
  model::TaskRequest request = WithVendorIds(task.request, assets);
  if (task.sent_seed.has_value()) request.seed = task.sent_seed;
  // Else another process may have the task by now, and takes it to be in doubt.
  const upstream::BilledResult<std::string> result = schedule_.Owns(task.id)
                                                         ? account.upstream().tasks().CreateTask(billed, request)
                                                         : upstream::NotSentYet("the task may be another process's");
  account.metrics().Submitted(result.acceptance);
  const bool written = WriteResult(task.id, result, billed.abandon);
  if (result.acceptance != Acceptance::kAccepted) return;
  if (!written) {
    // The next start will find the task in doubt; this line lets a person settle it.
    base::Log(
        base::LogLevel::kError, "accepted_task_not_stored",
        {{"task", task.name()}, {"upstream_task_id", result.value}, {"trace_id", base::TraceId(task.traceparent)}});
  }
  for (const model::Asset& asset : assets) observers_.assets.OnUsed(asset, AssetUse::kSent);
}

absl::Duration Submission::NextTry(const std::string& id, const upstream::BilledResult<std::string>& result) {
  if (result.acceptance != Acceptance::kNotAccepted) return absl::ZeroDuration();
  const absl::Duration delay = options_.submit_backoff.Delay(with_.table.CountSubmission(id), with_.random);
  return std::max(delay, result.retry_after.value_or(delay));
}

bool Submission::Settle(const std::string& id, TaskWriter::Change merge,
                        const std::shared_ptr<base::CancelToken>& until) {
  const auto unanswered = [](const GenerationTask& task) {
    const bool unknown = task.state == TaskState::kSubmitting || task.state == TaskState::kSubmitUnknown;
    return unknown && task.upstream_task_id.empty();
  };
  const auto settle = [&](GenerationTask& edited) {
    merge(edited);
    edited.error = {};
  };
  return with_.writer.ForAnybody().WriteSurely(id, unanswered, settle, until).ok();
}

bool Submission::WriteResult(const std::string& id, const upstream::BilledResult<std::string>& result,
                             const std::shared_ptr<base::CancelToken>& until) {
  const absl::Duration next_try = NextTry(id, result);
  std::optional<GenerationTask> in_doubt;
  const auto merge = [&](GenerationTask& edited) {
    MergeSubmission(result, with_.clock.Now(), next_try, edited);
    // The vendor's work has all its time, however long the task waited before.
    if (edited.state == TaskState::kQueued) {
      edited.deadline_time = std::max(edited.deadline_time, with_.clock.Now() + options_.deadline);
    }
    if (edited.state == TaskState::kSubmitUnknown) {
      edited.deadline_time = edited.create_time + options_.submit_unknown_deadline;
      in_doubt = edited;
    }
  };
  // Whatever its state: while it is being sent nobody else takes it out of SUBMITTING. The tracker does so at its
  // start, and for a task that was disowned.
  const auto always = [](const GenerationTask&) { return true; };
  if (!schedule_.Finish(id, always, merge, next_try, until)) {
    return result.acceptance == Acceptance::kAccepted && Settle(id, merge, until);
  }
  if (in_doubt.has_value()) {
    for (InDoubtObserver* observer : observers_.in_doubt) observer->OnInDoubt(*in_doubt);
  }
  return true;
}

}  // namespace seedance::engine
