#include "service/engine/task_tracker.h"

#include <algorithm>
#include <memory>
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
      due_("task-tracker", clock, [this](const std::string& id) { OnDue(id); }) {}

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
  due_.Start();
  return absl::OkStatus();
}

void TaskTracker::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    stopping_.NotifyAll();
  }
  due_.Stop();
}

void TaskTracker::StopSubmitting() {
  base::MutexLock lock(mutex_);
  submits_ = false;
}

void TaskTracker::Track(const GenerationTask& task) {
  {
    base::MutexLock lock(mutex_);
    Tracked tracked;
    tracked.tenant = task.tenant;
    tracked.upstream = task.request.upstream;
    tracked.submitted = IsSubmitted(task.state);
    tracked_[task.id] = std::move(tracked);
  }
  due_.Schedule(task.id, task.state == TaskState::kSubmitUnknown ? task.deadline_time : clock_.Now());
}

void TaskTracker::OnDue(const std::string& id) {
  std::string tenant;
  std::string upstream;
  bool submitted = false;
  {
    base::MutexLock lock(mutex_);
    const auto found = tracked_.find(id);
    if (stopped_ || found == tracked_.end()) return;
    tenant = found->second.tenant;
    upstream = found->second.upstream;
    submitted = found->second.submitted;
  }
  Upstreams::Entry* entry = upstreams_.Find(tenant, upstream);
  if (entry == nullptr) {
    base::Log(base::LogLevel::kError, "task_without_upstream",
              {{"task", model::GenerationTaskName(id)}, {"tenant", tenant}, {"upstream", upstream}});
    ScheduleIn(id, absl::Minutes(1));
    return;
  }
  base::ThreadPool& pool = submitted ? entry->polls : entry->submits;
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
  if (absl::IsNotFound(task.status())) return Forget(id);
  if (!task.ok()) return ScheduleIn(id, absl::Seconds(1));
  if (model::IsTerminal(task->state)) return Forget(id);
  const bool overdue = clock_.Now() >= task->deadline_time;
  switch (task->state) {
    case TaskState::kPending:
      if (overdue) return GiveUp(*task);
      return submits ? Submit(id, entry) : ScheduleIn(id, absl::Seconds(1));
    case TaskState::kQueued:
    case TaskState::kRunning:
      return Poll(*task, entry);
    default:
      // SUBMIT_UNKNOWN waits for its deadline. SUBMITTING cannot be seen here: Submit ends it before the next step.
      return overdue ? GiveUp(*task) : ScheduleNext(*task, absl::ZeroDuration());
  }
}

void TaskTracker::Submit(const std::string& id, Upstreams::Entry& entry) {
  // From here on a crash means doubt.
  absl::StatusOr<GenerationTask> task = Change(id, [](GenerationTask& edited) {
    if (edited.state != TaskState::kPending) return absl::AbortedError("no longer pending");
    edited.state = TaskState::kSubmitting;
    return absl::OkStatus();
  });
  if (!task.ok()) return ScheduleIn(id, absl::Seconds(1));
  const upstream::BilledResult<std::string> result = entry.upstream->CreateTask(upstreams_.Billed(""), task->request);
  absl::Duration next_try;
  if (result.acceptance == upstream::Acceptance::kNotAccepted) {
    next_try = options_.submit_backoff.Delay(CountSubmitTry(id), random_);
    if (result.retry_after.has_value()) next_try = std::max(next_try, *result.retry_after);
  }
  const bool written = ChangeSurely(
      id,
      [&](GenerationTask& edited) {
        MergeSubmission(result, clock_.Now(), next_try, edited);
        if (edited.state == TaskState::kSubmitUnknown) {
          edited.deadline_time = edited.create_time + options_.submit_unknown_deadline;
        }
        return absl::OkStatus();
      },
      next_try);
  if (!written && result.acceptance == upstream::Acceptance::kAccepted) {
    // The next start will find the task in doubt; this line lets a person settle it.
    base::Log(base::LogLevel::kError, "accepted_task_not_stored",
              {{"task", model::GenerationTaskName(id)}, {"upstream_task_id", result.value}});
  }
}

void TaskTracker::Poll(const GenerationTask& task, Upstreams::Entry& entry) {
  absl::StatusOr<upstream::TaskReport> report =
      entry.upstream->GetTask(upstreams_.BackgroundRead(), task.upstream_task_id);
  // Broken off because the process stops: that is no answer.
  if (absl::IsCancelled(report.status())) return ScheduleIn(task.id, absl::Seconds(1));
  if (CountNotFound(task.id, absl::IsNotFound(report.status()))) {
    ChangeSurely(task.id, [](GenerationTask& edited) {
      edited.state = TaskState::kLost;
      edited.error = {base::Reason::kUpstreamLost, "", "the vendor no longer knows the task"};
      return absl::OkStatus();
    });
    return;
  }
  GenerationTask merged = task;
  const bool news = report.ok() && MergeReport(*report, merged);
  if (!model::IsTerminal(merged.state) && clock_.Now() >= task.deadline_time) {
    // Without an answer the task may have ended well, and be paid for: then the verdict waits a while for one.
    if (report.ok() || !AwaitsLastWord(task.id)) return GiveUp(task);
    const absl::Duration wish = base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration());
    return ScheduleIn(task.id, std::max(Jittered(options_.poll_interval_running, random_), wish));
  }
  if (!news) {
    ScheduleNext(merged, base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration()));
    return;
  }
  ChangeSurely(task.id, [&](GenerationTask& edited) {
    MergeReport(*report, edited);
    return absl::OkStatus();
  });
}

void TaskTracker::GiveUp(const GenerationTask& task) {
  ChangeSurely(task.id, [](GenerationTask& edited) {
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
  {
    base::MutexLock lock(mutex_);
    const auto tracked = tracked_.find(id);
    if (tracked != tracked_.end()) tracked->second.submitted = IsSubmitted(changed->state);
  }
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
        Forget(id);
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
  const absl::Time now = clock_.Now();
  absl::Duration pause = at_least;
  if (task.state == TaskState::kQueued) {
    pause = Jittered(options_.poll_interval_queued, random_);
    // The first look comes early, so that a watcher soon sees the vendor's own words.
    if (!Looked(task.id)) pause = pause / 3;
  } else if (task.state == TaskState::kRunning) {
    pause = Jittered(options_.poll_interval_running, random_);
  } else if (task.state != TaskState::kPending) {
    pause = absl::InfiniteDuration();
  }
  due_.Schedule(task.id, std::min(now + std::max(pause, at_least), std::max(task.deadline_time, now)));
}

void TaskTracker::ScheduleIn(const std::string& id, absl::Duration pause) { due_.Schedule(id, clock_.Now() + pause); }

bool TaskTracker::AwaitsLastWord(const std::string& id) {
  base::MutexLock lock(mutex_);
  const auto tracked = tracked_.find(id);
  if (tracked == tracked_.end()) return false;
  absl::Time& since = tracked->second.overdue_since;
  since = std::min(since, clock_.Now());
  return clock_.Now() < since + options_.last_word;
}

bool TaskTracker::CountNotFound(const std::string& id, bool not_found) {
  base::MutexLock lock(mutex_);
  const auto tracked = tracked_.find(id);
  if (tracked == tracked_.end()) return false;
  tracked->second.looked = true;
  if (not_found) return tracked->second.unknown.Add(clock_.Now(), options_.lost);
  tracked->second.unknown.Reset();
  return false;
}

bool TaskTracker::Looked(const std::string& id) {
  base::MutexLock lock(mutex_);
  const auto tracked = tracked_.find(id);
  return tracked != tracked_.end() && tracked->second.looked;
}

int TaskTracker::CountSubmitTry(const std::string& id) {
  base::MutexLock lock(mutex_);
  const auto tracked = tracked_.find(id);
  return tracked == tracked_.end() ? 0 : tracked->second.submit_tries++;
}

void TaskTracker::Forget(const std::string& id) {
  base::MutexLock lock(mutex_);
  tracked_.erase(id);
}

}  // namespace seedance::engine
