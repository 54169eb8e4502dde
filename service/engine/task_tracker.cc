#include "service/engine/task_tracker.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/task_report.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

// What its caller gave up is polled so much more rarely.
constexpr int kDetachedPace = 4;

bool IsSubmitted(TaskState state) { return state == TaskState::kQueued || state == TaskState::kRunning; }

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
      store_(store),
      upstreams_(upstreams),
      hub_(hub),
      clock_(clock),
      random_(random),
      open_("task-tracker", clock, [this](const std::string& id) { OnDue(id); }) {}

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
}

void TaskTracker::StopSubmitting() {
  base::MutexLock lock(mutex_);
  submits_ = false;
}

void TaskTracker::Track(const GenerationTask& task) {
  open_.Add(task, task.state == TaskState::kSubmitUnknown ? task.deadline_time : clock_.Now());
}

bool TaskTracker::Poke(const std::string& upstream, const std::string& upstream_task_id) {
  const bool known = open_.Poke(upstream, upstream_task_id);
  if (known) trust_.Arrived(upstream);
  return known;
}

void TaskTracker::OnDue(const std::string& id) {
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
  }
  const std::optional<OpenTasks::Owner> owner = open_.Find(id);
  if (!owner.has_value()) return;
  Upstreams::Entry* entry = upstreams_.Find(owner->tenant, owner->upstream);
  if (entry == nullptr) {
    base::Log(base::LogLevel::kError, "task_without_upstream",
              {{"task", model::GenerationTaskName(id)}, {"tenant", owner->tenant}, {"upstream", owner->upstream}});
    ScheduleIn(id, absl::Minutes(1));
    return;
  }
  base::ThreadPool& pool = owner->submitted ? entry->polls : entry->submits;
  if (!pool.Submit([this, id, entry] { Step(id, *entry); })) ScheduleIn(id, absl::Seconds(1));
}

void TaskTracker::Step(const std::string& id, Upstreams::Entry& entry) {
  bool submits = false;
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    submits = submits_;
  }
  absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (absl::IsNotFound(task.status())) return open_.Remove(id);
  if (!task.ok()) return ScheduleIn(id, absl::Seconds(1));
  if (model::IsTerminal(task->state)) return open_.Remove(id);
  const bool overdue = clock_.Now() >= task->deadline_time;
  switch (task->state) {
    case TaskState::kPending:
      if (overdue) return GiveUp(*task);
      return submits ? SubmitWhenReady(*task, entry) : ScheduleIn(id, absl::Seconds(1));
    case TaskState::kQueued:
    case TaskState::kRunning:
      return Poll(*task, entry);
    default:
      // SUBMIT_UNKNOWN waits for its deadline. SUBMITTING cannot be seen here: Submit ends it before the next step.
      return overdue ? GiveUp(*task) : ScheduleNext(*task, absl::ZeroDuration());
  }
}

void TaskTracker::SubmitWhenReady(const GenerationTask& task, Upstreams::Entry& entry) {
  open_.BeginCheck(task.id);
  const absl::StatusOr<AssetCheck> check = CheckAssets(store_, task, open_.RevivalsOf(task.id));
  if (!check.ok()) return ScheduleIn(task.id, absl::Seconds(1));
  if (check->failure.has_value()) {
    ChangeSurely(task.id, [&](GenerationTask& edited) {
      if (edited.state != TaskState::kPending) return absl::AbortedError("no longer pending");
      edited.state = TaskState::kFailed;
      edited.error = *check->failure;
      edited.state_message.clear();
      return absl::OkStatus();
    });
    return;
  }
  if (!check->waits_for.empty()) return WaitForAssets(task, *check);
  // What is deleted or replaced at the vendor from here on makes it refuse the task, which bills nothing.
  Submit(task.id, check->assets, entry);
}

void TaskTracker::WaitForAssets(const GenerationTask& task, const AssetCheck& check) {
  if (hooks_.used && open_.BeginWait(task.id)) {
    for (const model::Asset& asset : check.assets) {
      if (asset.state == model::AssetState::kActive) hooks_.used(asset);
    }
  }
  for (const model::Asset& asset : check.to_revive) {
    open_.AddRevival(task.id, asset);
    if (hooks_.revive) hooks_.revive(asset);
  }
  const std::string message = WaitMessage(check.waits_for);
  if (task.state_message != message) {
    const absl::StatusOr<GenerationTask> told = Change(task.id, [&](GenerationTask& edited) {
      if (edited.state != TaskState::kPending) return absl::AbortedError("no longer pending");
      edited.state_message = message;
      return absl::OkStatus();
    });
    if (!told.ok()) return ScheduleIn(task.id, absl::Seconds(1));
  }
  const absl::Time now = clock_.Now();
  open_.Rest(task.id, std::min(now + options_.asset_check_interval, std::max(task.deadline_time, now)),
             OpenTasks::WokenBy::kAssets);
}

void TaskTracker::Submit(const std::string& id, const std::vector<model::Asset>& assets, Upstreams::Entry& entry) {
  // From here on a crash means doubt.
  absl::StatusOr<GenerationTask> task = Change(id, [](GenerationTask& edited) {
    if (edited.state != TaskState::kPending) return absl::AbortedError("no longer pending");
    edited.state = TaskState::kSubmitting;
    edited.state_message.clear();
    return absl::OkStatus();
  });
  if (!task.ok()) return ScheduleIn(id, absl::Seconds(1));
  const upstream::BilledResult<std::string> result =
      entry.upstream->CreateTask(upstreams_.Billed(""), WithVendorIds(task->request, assets));
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
        if (edited.state == TaskState::kSubmitUnknown) {
          edited.deadline_time = edited.create_time + options_.submit_unknown_deadline;
          doubtful = edited;
        }
        return absl::OkStatus();
      },
      next_try);
  if (written && doubtful.has_value() && on_doubt_) on_doubt_(*doubtful);
  if (!written && result.acceptance == upstream::Acceptance::kAccepted) {
    // The next start will find the task in doubt; this line lets a person settle it.
    base::Log(base::LogLevel::kError, "accepted_task_not_stored",
              {{"task", model::GenerationTaskName(id)}, {"upstream_task_id", result.value}});
  }
  if (result.acceptance != upstream::Acceptance::kAccepted || !hooks_.used) return;
  for (const model::Asset& asset : assets) hooks_.used(asset);
}

void TaskTracker::Poll(const GenerationTask& task, Upstreams::Entry& entry) {
  const bool poked = open_.BeginPoll(task.id);
  absl::StatusOr<upstream::TaskReport> report =
      entry.upstream->GetTask(upstreams_.BackgroundRead(), task.upstream_task_id);
  // Broken off because the process stops: that is no answer.
  if (absl::IsCancelled(report.status())) return ScheduleIn(task.id, absl::Seconds(1));
  if (open_.CountNotFound(task.id, absl::IsNotFound(report.status()), options_.lost)) {
    ChangeSurely(task.id, [](GenerationTask& edited) {
      if (!IsSubmitted(edited.state)) return absl::AbortedError("no longer at the vendor");
      edited.state = TaskState::kLost;
      edited.error = {base::Reason::kUpstreamLost, "", "the vendor no longer knows the task"};
      return absl::OkStatus();
    });
    return;
  }
  GenerationTask merged = task;
  const bool news = report.ok() && MergeReport(*report, merged);
  const bool ended = model::IsTerminal(merged.state);
  // A webhook that came while the answer was on its way counts too.
  if (ended && !poked && !open_.IsPoked(task.id)) trust_.Missed(task.request.upstream);
  const absl::Duration wish = base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration());
  if (!ended && clock_.Now() >= task.deadline_time) {
    // Without an answer the task may have ended well, and be paid for: then the verdict waits a while for one.
    if (report.ok() || !open_.AwaitsLastWord(task.id, options_.last_word)) return GiveUp(task);
    return ScheduleIn(task.id, std::max(Jittered(options_.poll_interval_running, random_), wish));
  }
  if (news) {
    ChangeSurely(task.id, [&](GenerationTask& edited) {
      // Cancelled while the answer was on its way.
      if (!IsSubmitted(edited.state)) return absl::AbortedError("no longer at the vendor");
      MergeReport(*report, edited);
      return absl::OkStatus();
    });
  } else if (poked || !report.ok()) {
    // What the webhook told of was not to be seen yet: no reason for the long pause.
    SchedulePoll(merged, UsualPause(merged), wish);
  } else {
    ScheduleNext(merged, wish);
  }
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
  Upstreams::Entry* entry = upstreams_.Find(task.tenant, task.request.upstream);
  if (entry == nullptr) return task;
  absl::StatusOr<upstream::TaskReport> report = entry->upstream->GetTask(call, task.upstream_task_id);
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
  TaskState before = TaskState::kUnspecified;
  absl::StatusOr<GenerationTask> changed = store_.UpdateTask(id, [&](GenerationTask& task) {
    before = task.state;
    const absl::Status edited = edit(task);
    if (!edited.ok()) return edited;
    if (!model::CanChange(before, task.state)) {
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
  open_.Note(*changed);
  hub_.Publish(changed->name(), std::make_shared<const GenerationTask>(*changed));
  if (changed->state != before) LogChange(*changed, before);
  return changed;
}

bool TaskTracker::ChangeSurely(const std::string& id, absl::FunctionRef<absl::Status(GenerationTask&)> edit,
                               absl::Duration at_least) {
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
    if (!WaitForStore(failures)) return false;
  }
}

bool TaskTracker::WaitForStore(int failures) {
  const absl::Time until = clock_.Now() + options_.store_backoff.Delay(failures, random_);
  base::MutexLock lock(mutex_);
  while (!stopped_ && clock_.Now() < until) clock_.WaitUntil(stopping_, mutex_, until);
  return !stopped_;
}

void TaskTracker::ScheduleNext(const GenerationTask& task, absl::Duration at_least) {
  if (IsSubmitted(task.state)) {
    absl::Duration pause = UsualPause(task);
    if (trust_.Trusts(task.request.upstream)) {
      pause = std::max(pause, Jittered(options_.poll_interval_with_webhooks, random_));
    } else if (task.state == TaskState::kQueued && !open_.IsPolled(task.id)) {
      // The first look comes early, so that a watcher soon sees the vendor's own words.
      pause = pause / 3;
    }
    return SchedulePoll(task, pause, at_least);
  }
  const absl::Time now = clock_.Now();
  const absl::Duration pause = task.state == TaskState::kPending ? at_least : absl::InfiniteDuration();
  open_.Rest(task.id, std::min(now + pause, std::max(task.deadline_time, now)));
}

void TaskTracker::SchedulePoll(const GenerationTask& task, absl::Duration pause, absl::Duration at_least) {
  const absl::Time now = clock_.Now();
  open_.Rest(task.id, std::min(now + std::max(pause, at_least), std::max(task.deadline_time, now)),
             OpenTasks::WokenBy::kPokes, now + at_least);
}

void TaskTracker::ScheduleIn(const std::string& id, absl::Duration pause) { open_.Rest(id, clock_.Now() + pause); }

absl::Duration TaskTracker::UsualPause(const GenerationTask& task) {
  const absl::Duration pause =
      task.state == TaskState::kQueued ? options_.poll_interval_queued : options_.poll_interval_running;
  return Jittered(task.detached ? pause * kDetachedPace : pause, random_);
}

}  // namespace seedance::engine
