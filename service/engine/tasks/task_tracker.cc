#include "service/engine/tasks/task_tracker.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/dispatch/retry_policy.h"
#include "service/engine/tasks/task_metrics.h"
#include "service/engine/tasks/task_report.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

// How long after its deadline a task is kept whose vendor cannot be asked: it may have ended well, and be paid for.
constexpr absl::Duration kLongestLastWord = absl::Hours(24);

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

void LogChange(const GenerationTask& task, TaskState before) {
  base::Log(base::LogLevel::kInfo, "task_state",
            {{"task", task.name()},
             {"tenant", task.tenant},
             {"upstream", task.request.upstream},
             {"upstream_task_id", task.upstream_task_id},
             {"from", model::TaskStateName(before)},
             {"to", model::TaskStateName(task.state)},
             {"reason", base::ReasonName(task.error.reason)},
             {"upstream_code", task.error.upstream_code},
             {"revision", task.revision}});
}

}  // namespace

TaskTracker::TaskTracker(const Options& options, store::Store& store, Upstreams& upstreams,
                         WatchHub<GenerationTask>& hub, base::Clock& clock, base::Random& random)
    : options_(options),
      pace_{options.poll_interval_queued, options.poll_interval_running, options.poll_interval_unwatched,
            options.poll_interval_with_webhooks, options.poll_interval_watched},
      store_(store),
      upstreams_(upstreams),
      hub_(hub),
      clock_(clock),
      random_(random),
      looks_("task-looks", 1, SIZE_MAX),
      open_("task-tracker", clock, [this](const std::string& id) { OnDue(id); }) {
  for (VendorAccount* account : upstreams_.All()) {
    const std::string name = account->name();
    account->requests().SetHooks([this, name] { return open_.CountSubmitted(name) > 0; },
                                 // False only after Stop, when nobody needs to be told any more.
                                 [this, account] { (void)looks_.Submit([this, account] { SurveyWaits(*account); }); });
  }
}

void TaskTracker::Instrument(base::Metrics& metrics) {
  std::vector<std::string> upstreams;
  for (VendorAccount* account : upstreams_.All()) upstreams.push_back(account->name());
  TellOpenTasksAtScrape(metrics, upstreams, open_, clock_);
  write_times_ = TaskWriteTimes(metrics);
}

absl::Status TaskTracker::Start() {
  absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  if (!open.ok()) return open.status();
  for (const GenerationTask& found : *open) {
    GenerationTask task = found;
    if (task.state == TaskState::kSubmitting) {
      absl::StatusOr<GenerationTask> doubtful = Change(task.id, [this](GenerationTask& edited) {
        edited.state = TaskState::kSubmitUnknown;
        edited.error = {base::Reason::kOutcomeUnknown, "", "the gateway stopped before the vendor answered"};
        edited.deadline_time = edited.create_time + options_.submit_unknown_deadline;
        return absl::OkStatus();
      });
      if (!doubtful.ok()) return doubtful.status();
      task = *doubtful;
    }
    Track(task);
  }
  open_.Start();
  return absl::OkStatus();
}

void TaskTracker::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    stopping_.NotifyAll();
  }
  open_.Stop();
  looks_.Stop();
}

void TaskTracker::StopSubmitting() {
  base::MutexLock lock(mutex_);
  submits_ = false;
}

void TaskTracker::Track(const GenerationTask& task) {
  open_.Add(task, task.state == TaskState::kSubmitUnknown ? task.deadline_time : clock_.Now());
}

std::optional<TaskPlace> TaskTracker::Reserve(const std::string& tenant, int64_t most) {
  if (!open_.Reserve(tenant, most)) return std::nullopt;
  return TaskPlace(open_, tenant);
}

bool TaskTracker::stopped() {
  base::MutexLock lock(mutex_);
  return stopped_;
}

bool TaskTracker::submits() {
  base::MutexLock lock(mutex_);
  return submits_ && !stopped_;
}

std::unique_ptr<RequestSlot> TaskTracker::TakeSubmitSlot(VendorAccount& account) {
  // A new task overtakes none that is due already.
  return submits() && !open_.AnyDue() ? account.requests().TryTake(RequestKind::kSubmit) : nullptr;
}

bool TaskTracker::Notify(const std::string& upstream, const std::string& upstream_task_id) {
  const bool known = open_.Notify(upstream, upstream_task_id);
  if (known) trust_.Arrived(upstream);
  VendorAccount* account = upstreams_.Named(upstream);
  if (account == nullptr) return known;
  account->metrics().Poked(known);
  // One whose turn has not come goes before those that are merely due.
  const std::optional<std::string> waiting = open_.PokedAwaitingTurn(upstream, upstream_task_id);
  if (waiting.has_value()) (void)account->requests().Hasten(RequestKind::kPoll, *waiting);
  return known;
}

void TaskTracker::OnDue(const std::string& id) {
  if (stopped()) return;
  // False only after Stop.
  if (IsDisowned(id)) return (void)looks_.Submit([this, id] { EndDisowned(id); });
  const std::optional<OpenTasks::Owner> owner = open_.Find(id);
  if (!owner.has_value()) return;
  VendorAccount* account = upstreams_.Find(owner->tenant, owner->upstream);
  if (account == nullptr) {
    base::Log(base::LogLevel::kError, "task_without_upstream",
              {{"task", model::GenerationTaskName(id)}, {"tenant", owner->tenant}, {"upstream", owner->upstream}});
    (void)looks_.Submit([this, id] { LookWithoutUpstream(id); });
    return;
  }
  if (owner->missed_turn) {
    (void)account->requests().Remove(owner->submitted ? RequestKind::kPoll : RequestKind::kSubmit, id);
  } else if (owner->submitted) {
    return AwaitPoll(id, *owner, *account);
  } else if (owner->ready && submits()) {
    return AwaitSubmit(id, *owner, *account);
  }
  // False only after Stop.
  (void)looks_.Submit([this, id, missed = owner->missed_turn, account] { Look(id, missed, *account); });
}

void TaskTracker::AwaitSubmit(const std::string& id, const OpenTasks::Owner& owner, VendorAccount& account) {
  open_.AwaitTurn(id, options_.last_word);
  account.requests().Add(RequestKind::kSubmit, owner.tenant, id, owner.due,
                         [this, id, &account](RequestSlot& slot) { OnSubmitTurn(id, account, slot); });
  std::optional<WaitReason> reason = account.requests().WhyItWaits(id);
  if (reason.has_value()) TellLater(id, *std::move(reason));
}

std::optional<GenerationTask> TaskTracker::ReadOpen(const std::string& id) {
  absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (absl::IsNotFound(task.status()) || (task.ok() && model::IsTerminal(task->state))) {
    open_.Remove(id);
    return std::nullopt;
  }
  if (!task.ok()) {
    ScheduleIn(id, absl::Seconds(1));
    return std::nullopt;
  }
  return *std::move(task);
}

void TaskTracker::Look(const std::string& id, bool missed_turn, VendorAccount& account) {
  if (stopped()) return;
  const std::optional<GenerationTask> task = ReadOpen(id);
  if (!task.has_value()) return;
  const bool overdue = clock_.Now() >= task->deadline_time;
  const std::optional<OpenTasks::Owner> owner = open_.Find(id);
  if (!owner.has_value()) return;
  switch (task->state) {
    case TaskState::kPending:
      if (overdue) return GiveUp(*task);
      if (!submits()) return ScheduleIn(id, absl::Seconds(1));
      if (ReadyAssets(*task).has_value()) AwaitSubmit(id, *owner, account);
      return;
    case TaskState::kQueued:
    case TaskState::kRunning:
      // Its time is over, and the last word of the vendor did not come, though it could be asked.
      return missed_turn && overdue && !MayStillTell(*task, account) ? GiveUp(*task) : AwaitPoll(id, *owner, account);
    default:
      // SUBMIT_UNKNOWN waits for its deadline. SUBMITTING cannot be seen here: Submit ends it before the next step.
      return overdue ? GiveUp(*task) : ScheduleNext(*task, absl::ZeroDuration());
  }
}

void TaskTracker::LookWithoutUpstream(const std::string& id) {
  if (stopped()) return;
  const std::optional<GenerationTask> task = ReadOpen(id);
  if (!task.has_value()) return;
  const absl::Time now = clock_.Now();
  if (now >= task->deadline_time) return GiveUp(*task);
  // Best effort: the next look says it too.
  (void)Tell(*task, absl::StrCat("upstream ", task->request.upstream,
                                 " is not configured for this tenant; the task waits for it until its deadline at ",
                                 UtcText(task->deadline_time), " at the latest"));
  open_.Rest(id, std::min(now + absl::Minutes(1), task->deadline_time));
}

bool TaskTracker::MayStillTell(const GenerationTask& task, VendorAccount& account) {
  if (clock_.Now() >= task.deadline_time + kLongestLastWord) return false;
  return !open_.IsPolled(task.id) || account.requests().IsHeldUp(RequestKind::kPoll);
}

void TaskTracker::OnSubmitTurn(const std::string& id, VendorAccount& account, RequestSlot& slot) {
  if (!open_.BeginTurn(id) || stopped()) return;
  const std::optional<GenerationTask> task = ReadOpen(id);
  if (!task.has_value()) return;
  if (task->state != TaskState::kPending) return ScheduleNext(*task, absl::ZeroDuration());
  if (clock_.Now() >= task->deadline_time) return GiveUp(*task);
  if (!submits()) return ScheduleIn(id, absl::Seconds(1));
  // They may have changed while it waited for its turn. What is deleted or replaced at the vendor from here on makes it
  // refuse the task, which bills nothing.
  const std::optional<std::vector<model::Asset>> assets = ReadyAssets(*task);
  if (assets.has_value()) Submit(id, *assets, account, slot);
}

std::optional<std::vector<model::Asset>> TaskTracker::ReadyAssets(const GenerationTask& task) {
  open_.BeginCheck(task.id);
  absl::StatusOr<AssetCheck> check = CheckAssets(store_, task, open_.RevivalsOf(task.id));
  if (!check.ok()) {
    ScheduleIn(task.id, absl::Seconds(1));
    return std::nullopt;
  }
  if (check->failure.has_value()) {
    ChangeSurely(task.id, [&](GenerationTask& edited) {
      if (edited.state != TaskState::kPending) return absl::AbortedError("no longer pending");
      edited.state = TaskState::kFailed;
      edited.error = *check->failure;
      edited.state_message.clear();
      return absl::OkStatus();
    });
    return std::nullopt;
  }
  if (!check->waits_for.empty()) {
    WaitForAssets(task, *check);
    return std::nullopt;
  }
  return std::move(check->assets);
}

void TaskTracker::WaitForAssets(const GenerationTask& task, const AssetCheck& check) {
  if (hooks_.used && open_.BeginWait(task.id)) {
    for (const model::Asset& asset : check.assets) {
      if (asset.state == model::AssetState::kActive) hooks_.used(asset, AssetUse::kAwaited);
    }
  }
  for (const model::Asset& asset : check.to_revive) {
    open_.AddRevival(task.id, asset);
    if (hooks_.revive) hooks_.revive(asset);
  }
  if (!Tell(task, WaitMessage(check.waits_for))) return ScheduleIn(task.id, absl::Seconds(1));
  const absl::Time now = clock_.Now();
  open_.Rest(task.id, std::min(now + options_.asset_check_interval, std::max(task.deadline_time, now)),
             OpenTasks::WokenBy::kAssets);
}

void TaskTracker::BeginSubmitting(GenerationTask& task, const VendorAccount& account) {
  task.state = TaskState::kSubmitting;
  task.state_message.clear();
  if (IsTagged(task, account)) task.sent_seed = static_cast<int64_t>(random_.Bits() >> (64 - kSeedBits));
}

void TaskTracker::Submit(const std::string& id, const std::vector<model::Asset>& assets, VendorAccount& account,
                         RequestSlot& slot) {
  // From here on a crash means doubt.
  absl::StatusOr<GenerationTask> task = Change(id, [&](GenerationTask& edited) {
    if (edited.state != TaskState::kPending) return absl::AbortedError("no longer pending");
    BeginSubmitting(edited, account);
    return absl::OkStatus();
  });
  if (!task.ok()) return ScheduleIn(id, absl::Seconds(1));
  Send(*task, assets, account, slot);
}

void TaskTracker::Send(const GenerationTask& task, const std::vector<model::Asset>& assets, VendorAccount& account,
                       RequestSlot& slot) {
  const std::string& id = task.id;
  upstream::CallOptions billed = upstreams_.Billed();
  billed.permit = &slot;
  model::TaskRequest request = WithVendorIds(task.request, assets);
  if (task.sent_seed.has_value()) request.seed = task.sent_seed;
  const upstream::BilledResult<std::string> result = account.upstream().tasks().CreateTask(billed, request);
  account.metrics().Submitted(result.acceptance);
  absl::Duration next_try;
  if (result.acceptance == upstream::Acceptance::kNotAccepted) {
    next_try = options_.submit_backoff.Delay(open_.CountSubmitTry(id), random_);
    if (result.retry_after.has_value()) next_try = std::max(next_try, *result.retry_after);
  }
  std::optional<GenerationTask> doubtful;
  const bool written = ChangeSurely(
      id,
      [&](GenerationTask& edited) {
        MergeSubmission(result, clock_.Now(), next_try, edited);
        // The vendor's work has all its time, however long the task waited before.
        if (edited.state == TaskState::kQueued) {
          edited.deadline_time = std::max(edited.deadline_time, clock_.Now() + options_.deadline);
        }
        if (edited.state == TaskState::kSubmitUnknown) {
          edited.deadline_time = edited.create_time + options_.submit_unknown_deadline;
          doubtful = edited;
        }
        return absl::OkStatus();
      },
      next_try, billed.abandon);
  if (written && doubtful.has_value() && on_doubt_) on_doubt_(*doubtful);
  if (!written && result.acceptance == upstream::Acceptance::kAccepted) {
    // The next start will find the task in doubt; this line lets a person settle it.
    base::Log(base::LogLevel::kError, "accepted_task_not_stored",
              {{"task", model::GenerationTaskName(id)}, {"upstream_task_id", result.value}});
  }
  if (result.acceptance != upstream::Acceptance::kAccepted || !hooks_.used) return;
  for (const model::Asset& asset : assets) hooks_.used(asset, AssetUse::kSent);
}

void TaskTracker::GiveUp(const GenerationTask& task) {
  ChangeSurely(task.id, [&task](GenerationTask& edited) {
    // Settled or cancelled meanwhile.
    if (edited.state != task.state) return absl::AbortedError("no longer in this state");
    const bool doubtful = edited.state == TaskState::kSubmitUnknown;
    edited.state = TaskState::kExpired;
    if (doubtful) return absl::OkStatus();  // It keeps its error, OUTCOME_UNKNOWN.
    edited.error = {base::Reason::kDeadlineExceeded, "", "the task did not end before its deadline"};
    return absl::OkStatus();
  });
}

absl::StatusOr<GenerationTask> TaskTracker::RefreshResult(const upstream::CallOptions& call,
                                                          const GenerationTask& task) {
  VendorAccount* account = upstreams_.Find(task.tenant, task.request.upstream);
  if (account == nullptr) return task;
  absl::StatusOr<upstream::TaskReport> report = account->upstream().tasks().GetTask(call, task.upstream_task_id);
  if (!report.ok()) return report.status();
  const bool same =
      report->result.video_uri == task.result.video_uri && report->result.last_frame_uri == task.result.last_frame_uri;
  if (report->state != TaskState::kSucceeded || report->result.video_uri.empty() || same) return task;
  // Not by Change: the state is final, only its links are renewed.
  return store_.UpdateTask(task.id, [&](GenerationTask& edited) {
    edited.result.video_uri = report->result.video_uri;
    edited.result.last_frame_uri = report->result.last_frame_uri;
    edited.result.expire_time = report->result.expire_time;
    edited.update_time = clock_.Now();
    return absl::OkStatus();
  });
}

absl::StatusOr<GenerationTask> TaskTracker::Change(const std::string& id,
                                                   absl::FunctionRef<absl::Status(GenerationTask&)> edit) {
  return ChangeBy(&model::CanChange, id, edit);
}

absl::Status TaskTracker::SettleCost(const std::string& id, const model::Cost& cost) {
  // Not by Change: the state stays, final or not.
  const absl::StatusOr<GenerationTask> changed = store_.UpdateTask(id, [&cost](GenerationTask& edited) {
    if (edited.settled_cost == cost) return absl::AbortedError("no news");
    edited.settled_cost = cost;
    return absl::OkStatus();
  });
  if (absl::IsAborted(changed.status())) return absl::OkStatus();
  if (changed.ok()) hub_.Publish(changed->name(), std::make_shared<const GenerationTask>(*changed));
  return changed.status();
}

absl::StatusOr<GenerationTask> TaskTracker::Reopen(const std::string& id,
                                                   absl::FunctionRef<absl::Status(GenerationTask&)> edit) {
  absl::StatusOr<GenerationTask> reopened = ChangeBy(
      [](TaskState from, TaskState to) { return from == TaskState::kExpired && to == TaskState::kQueued; }, id, edit);
  if (reopened.ok()) Track(*reopened);
  return reopened;
}

absl::StatusOr<GenerationTask> TaskTracker::ChangeBy(MayChange may_change, const std::string& id,
                                                     absl::FunctionRef<absl::Status(GenerationTask&)> edit) {
  TaskState before = TaskState::kUnspecified;
  const absl::Time begin = clock_.Now();
  absl::StatusOr<GenerationTask> changed = store_.UpdateTask(id, [&](GenerationTask& task) {
    before = task.state;
    const absl::Status edited = edit(task);
    if (!edited.ok()) return edited;
    if (!may_change(before, task.state)) {
      return base::InternalError(absl::StrCat("illegal change of state from ",
                                              std::string(model::TaskStateName(before)), " to ",
                                              std::string(model::TaskStateName(task.state))));
    }
    task.update_time = clock_.Now();
    if (model::IsTerminal(task.state) && task.end_time == absl::InfinitePast()) task.end_time = task.update_time;
    return absl::OkStatus();
  });
  if (!changed.ok()) {
    if (base::GetReason(changed.status()) == base::Reason::kInternal && !absl::IsAborted(changed.status())) {
      base::Log(base::LogLevel::kError, "task_change_refused",
                {{"task", model::GenerationTaskName(id)}, {"cause", std::string(changed.status().message())}});
    }
    return changed;
  }
  write_times_.Observe(absl::ToDoubleSeconds(clock_.Now() - begin));
  open_.Note(*changed);
  hub_.Publish(changed->name(), std::make_shared<const GenerationTask>(*changed));
  if (changed->state != before) LogChange(*changed, before);
  return changed;
}

bool TaskTracker::ChangeSurely(const std::string& id, absl::FunctionRef<absl::Status(GenerationTask&)> edit,
                               absl::Duration at_least, const std::shared_ptr<base::CancelToken>& until) {
  for (int failures = 0;; ++failures) {
    absl::StatusOr<GenerationTask> changed = Change(id, edit);
    if (changed.ok()) {
      if (model::IsTerminal(changed->state)) {
        open_.Remove(id);
      } else {
        ScheduleNext(*changed, at_least);
      }
      return true;
    }
    if (base::GetReason(changed.status()) != base::Reason::kStoreUnavailable) {
      // Gone, or changed by somebody else meanwhile: the next step sees how.
      ScheduleIn(id, absl::Seconds(1));
      return false;
    }
    if (!WaitForStore(failures, until)) return false;
  }
}

bool TaskTracker::WaitForStore(int failures, const std::shared_ptr<base::CancelToken>& until) {
  const absl::Duration pause = options_.store_backoff.Delay(failures, random_);
  if (until != nullptr) return Pause(pause, clock_, until);
  const absl::Time end = clock_.Now() + pause;
  base::MutexLock lock(mutex_);
  while (!stopped_ && clock_.Now() < end) clock_.WaitUntil(stopping_, mutex_, end);
  return !stopped_;
}

void TaskTracker::ScheduleNext(const GenerationTask& task, absl::Duration at_least) {
  if (task.state == TaskState::kQueued || task.state == TaskState::kRunning) return SchedulePoll(task, at_least);
  const absl::Time now = clock_.Now();
  const absl::Duration pause = task.state == TaskState::kPending ? at_least : absl::InfiniteDuration();
  open_.Rest(task.id, std::min(now + pause, std::max(task.deadline_time, now)));
}

void TaskTracker::ScheduleIn(const std::string& id, absl::Duration pause) { open_.Rest(id, clock_.Now() + pause); }

}  // namespace seedance::engine
