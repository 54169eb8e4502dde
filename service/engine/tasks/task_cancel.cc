#include "service/engine/tasks/task_cancel.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/tasks/report_merge.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

absl::Status CannotCancel(const GenerationTask& task) {
  base::ErrorDetail detail;
  const bool ended = model::IsTerminal(task.state);
  detail.reason = ended ? base::Reason::kTaskAlreadyEnded : base::Reason::kCancelUnsupported;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.GenerationTask", task.name()};
  const std::string state(model::TaskStateName(task.state));
  return base::MakeError(ended ? absl::StrCat("the task has already ended as ", state)
                               : absl::StrCat("the task is ", state,
                                              " and the vendor cannot cancel it: it continues and is billed; use "
                                              "detach to abandon it"),
                         detail);
}

// The vendor may or may not have cancelled it.
absl::Status CancelUnanswered(const GenerationTask& task, const absl::Status& cause) {
  if (upstream::WasNotSent(cause)) return cause;
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamUnavailable;
  detail.retry_delay = base::GetErrorDetail(cause).retry_delay.value_or(absl::Seconds(2));
  detail.resource = base::ResourceRef{"seedance.gateway.v1.GenerationTask", task.name()};
  return base::MakeError(
      absl::StrCat("the vendor did not confirm the cancellation; the task is still tracked, cancel again: ",
                   std::string(cause.message())),
      detail);
}

// A change that is not needed: the task is as its caller wants it, or ended otherwise.
bool IsSettled(const GenerationTask& task) { return model::IsTerminal(task.state) || task.detached; }

absl::StatusOr<GenerationTask> OutcomeOf(const GenerationTask& task) {
  if (task.state == TaskState::kCancelled || task.detached) return task;
  return CannotCancel(task);
}

}  // namespace

void TaskCancel::Cancel(const CallContext& context, const GenerationTask& task, bool detach,
                        Done<GenerationTask> done) {
  if (IsSettled(task)) return done(OutcomeOf(task));
  if (task.state == TaskState::kPending) {
    absl::StatusOr<GenerationTask> cancelled =
        writer_.WriteIf(task.id, IsIn(TaskState::kPending), [](GenerationTask& edited) {
          edited.state = TaskState::kCancelled;
          edited.state_message.clear();
        });
    if (cancelled.ok()) table_.Hasten(task.id);  // To be forgotten.
    if (!absl::IsAborted(cancelled.status())) return done(std::move(cancelled));
    // On its way just now: as if the call had come later.
    absl::StatusOr<GenerationTask> later = store_.GetTask(task.id);
    if (!later.ok()) return done(std::move(later));
    if (later->state == TaskState::kPending) return done(CancelUnanswered(*later, cancelled.status()));
    return Cancel(context, *later, detach, std::move(done));
  }
  VendorAccount* account = accounts_.Named(task.request.upstream);
  const bool asks = task.state == TaskState::kQueued && account != nullptr && account->profile().cancels_tasks;
  if (!asks) return done(Abandon(task.id, detach));
  account->Change<GenerationTask>(context, std::move(done),
                                  [this, context, id = task.id, detach, account](Done<GenerationTask> answer) {
                                    answer(CancelAtVendor(context, id, detach, *account));
                                  });
}

absl::StatusOr<GenerationTask> TaskCancel::CancelAtVendor(const CallContext& context, const std::string& id,
                                                          bool detach, VendorAccount& account) {
  absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (!task.ok()) return task;
  if (IsSettled(*task)) return OutcomeOf(*task);
  // What it was a poll ago is no reason to touch it: at some vendors the same call deletes what is finished.
  absl::StatusOr<upstream::TaskReport> report =
      account.upstream().tasks().GetTask(ToCallOptions(context), task->upstream_task_id);
  if (!report.ok()) return CancelUnanswered(*task, report.status());
  if (report->state != TaskState::kQueued) return SettleBy(*report, id, detach);
  const absl::Status cancelled =
      account.upstream().cancels()->CancelTask(ToCallOptions(context), task->upstream_task_id);
  base::Log(base::LogLevel::kInfo, "task_cancel_sent",
            {{"task", task->name()},
             {"tenant", task->tenant},
             {"upstream", task->request.upstream},
             {"upstream_task_id", task->upstream_task_id},
             {"answer", cancelled.ok() ? "cancelled" : std::string(cancelled.message())}});
  if (!cancelled.ok()) {
    table_.Hasten(id);
    if (base::GetReason(cancelled) == base::Reason::kCancelUnsupported) return Refused(context, *task, detach, account);
    if (!upstream::WasNotSent(cancelled)) NoteDoubt(id);
    return CancelUnanswered(*task, cancelled);
  }
  absl::StatusOr<GenerationTask> changed = writer_.WriteIf(id, HasNotEnded, [](GenerationTask& edited) {
    edited.state = TaskState::kCancelled;
    edited.error = {};
    edited.state_message.clear();
  });
  // To be forgotten, or, if it could not be written, to be polled: the vendor will tell the same.
  table_.Hasten(id);
  if (absl::IsAborted(changed.status())) changed = store_.GetTask(id);
  if (!changed.ok()) return changed;
  return OutcomeOf(*changed);
}

absl::StatusOr<GenerationTask> TaskCancel::SettleBy(const upstream::TaskReport& report, const std::string& id,
                                                    bool detach) {
  table_.Hasten(id);
  if (!model::IsTerminal(report.state)) return Abandon(id, detach);
  absl::StatusOr<GenerationTask> ended =
      writer_.WriteIf(id, HasNotEnded, [&](GenerationTask& edited) { MergeReport(report, edited); });
  if (absl::IsAborted(ended.status())) ended = store_.GetTask(id);
  if (!ended.ok()) return ended;
  return OutcomeOf(*ended);
}

absl::StatusOr<GenerationTask> TaskCancel::Refused(const CallContext& context, const GenerationTask& task, bool detach,
                                                   VendorAccount& account) {
  if (!IsInDoubt(task.id)) return Abandon(task.id, detach);
  const absl::StatusOr<upstream::TaskReport> report =
      account.upstream().tasks().GetTask(ToCallOptions(context), task.upstream_task_id);
  if (!report.ok()) return CancelUnanswered(task, report.status());
  // Queued, and yet not to be cancelled: it may be the old state of one that is cancelled.
  if (report->state == TaskState::kQueued) {
    return CancelUnanswered(task, absl::UnavailableError("an earlier cancel was not answered, this one was refused"));
  }
  return SettleBy(*report, task.id, detach);
}

void TaskCancel::NoteDoubt(const std::string& id) {
  base::MutexLock lock(mutex_);
  doubts_.insert(id);
  if (doubts_.size() > kMostDoubts) doubts_.erase(doubts_.begin());
}

bool TaskCancel::IsInDoubt(const std::string& id) {
  base::MutexLock lock(mutex_);
  return doubts_.count(id) != 0;
}

absl::StatusOr<GenerationTask> TaskCancel::Abandon(const std::string& id, bool detach) {
  absl::StatusOr<GenerationTask> task = absl::AbortedError("");
  if (detach) {
    task = writer_.WriteIf(
        id, [](const GenerationTask& stored) { return !IsSettled(stored); },
        [](GenerationTask& edited) { edited.detached = true; });
  }
  if (absl::IsAborted(task.status())) task = store_.GetTask(id);
  if (!task.ok()) return task;
  return OutcomeOf(*task);
}

}  // namespace seedance::engine
