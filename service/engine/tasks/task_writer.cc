#include "service/engine/tasks/task_writer.h"

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/trace.h"
#include "service/engine/dispatch/retry_policy.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

constexpr base::Backoff kStoreBackoff{absl::Milliseconds(100), absl::Seconds(5)};

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
             {"trace_id", base::TraceId(task.traceparent)},
             {"revision", task.revision}});
}

absl::Status IllegalChange(TaskState before, TaskState after) {
  return base::InternalError(absl::StrCat("illegal change of state from ", std::string(model::TaskStateName(before)),
                                          " to ", std::string(model::TaskStateName(after))));
}

}  // namespace

absl::StatusOr<GenerationTask> TaskWriter::Write(const std::string& id, Edit edit) {
  return WriteBy(&model::CanChange, id, edit);
}

absl::StatusOr<GenerationTask> TaskWriter::WriteIf(const std::string& id, Condition condition, Change change) {
  return Write(id, [&](GenerationTask& task) {
    if (!condition(task)) return absl::AbortedError("the task was changed meanwhile");
    change(task);
    return absl::OkStatus();
  });
}

absl::StatusOr<GenerationTask> TaskWriter::WriteSurely(const std::string& id, Condition condition, Change change,
                                                       const std::shared_ptr<base::CancelToken>& until) {
  for (int failures = 0;; ++failures) {
    absl::StatusOr<GenerationTask> written = WriteIf(id, condition, change);
    if (base::GetReason(written.status()) != base::Reason::kStoreUnavailable) return written;
    if (!Pause(kStoreBackoff.Delay(failures, random_), clock_, until)) return written;
  }
}

absl::StatusOr<GenerationTask> TaskWriter::Reopen(const std::string& id, Edit edit) {
  absl::StatusOr<GenerationTask> reopened = WriteBy(
      [](TaskState from, TaskState to) { return from == TaskState::kExpired && to == TaskState::kQueued; }, id, edit);
  if (reopened.ok()) table_.Add(*reopened, clock_.Now());
  return reopened;
}

absl::Status TaskWriter::SettleCost(const std::string& id, const model::Cost& cost) {
  // Not by Write: the state stays, final or not.
  model::Cost before;
  const absl::StatusOr<GenerationTask> changed = store_.UpdateTask(id, [&](GenerationTask& edited) {
    if (edited.settled_cost == cost) return absl::AbortedError("no news");
    before = edited.settled_cost;
    edited.settled_cost = cost;
    return absl::OkStatus();
  });
  if (absl::IsAborted(changed.status())) return absl::OkStatus();
  if (!changed.ok()) return changed.status();
  if (options_.metrics != nullptr) options_.metrics->Settled(*changed, before);
  hub_.Publish(changed->name(), std::make_shared<const GenerationTask>(*changed));
  return absl::OkStatus();
}

absl::StatusOr<GenerationTask> TaskWriter::WriteBy(MayChange may_change, const std::string& id, Edit edit) {
  TaskState before = TaskState::kUnspecified;
  bool accepted = false;
  const absl::Time begin = clock_.Now();
  const auto change = [&](GenerationTask& task) {
    before = task.state;
    const bool unknown = task.upstream_task_id.empty();
    const absl::Status edited = edit(task);
    if (!edited.ok()) return edited;
    if (!may_change(before, task.state)) return IllegalChange(before, task.state);
    accepted = unknown && !task.upstream_task_id.empty();
    task.update_time = clock_.Now();
    if (model::IsTerminal(task.state) && task.end_time == absl::InfinitePast()) task.end_time = task.update_time;
    return absl::OkStatus();
  };
  absl::StatusOr<GenerationTask> changed =
      options_.by == By::kOwner ? store_.UpdateOwnedTask(id, change) : store_.UpdateTask(id, change);
  if (!changed.ok()) {
    if (base::GetReason(changed.status()) == base::Reason::kInternal && !absl::IsAborted(changed.status())) {
      base::Log(base::LogLevel::kError, "task_change_refused",
                {{"task", model::GenerationTaskName(id)}, {"cause", std::string(changed.status().message())}});
    }
    return changed;
  }
  if (options_.metrics != nullptr) options_.metrics->Written(before, accepted, *changed, clock_.Now() - begin);
  table_.OnChange(*changed);
  hub_.Publish(changed->name(), std::make_shared<const GenerationTask>(*changed));
  if (changed->state != before) LogChange(*changed, before);
  return changed;
}

}  // namespace seedance::engine
