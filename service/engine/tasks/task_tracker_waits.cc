// What waiting tasks are told: why they wait, and until when; and what becomes of tasks whose callers were refused.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/engine/tasks/task_tracker.h"

// Tests: tests/unit/engine/tasks/task_waits_test.cc, tests/unit/engine/tasks/waiting_tasks_test.cc

namespace seedance::engine {

using model::GenerationTask;
using model::TaskState;

void TaskTracker::SurveyWaits(VendorAccount& account) {
  const absl::Duration again = TellAgain();
  for (auto& [id, reason] : account.requests().WhyAllWait()) {
    if (open_.IsToBeTold(id, reason, again)) TellLater(id, std::move(reason));
  }
}

absl::Duration TaskTracker::TellAgain() {
  size_t waiting = 0;
  for (VendorAccount* account : upstreams_.All()) {
    waiting += account->requests().facts().waiting[static_cast<size_t>(RequestKind::kSubmit)];
  }
  return TellBudget::Again(waiting);
}

void TaskTracker::TellLater(const std::string& id, WaitReason reason) {
  {
    base::MutexLock lock(mutex_);
    to_tell_.insert_or_assign(id, std::move(reason));
    if (std::exchange(tells_, true)) return;
  }
  (void)looks_.Submit([this] { TellSome(); });
}

// In slices, so that tasks whose time has come are looked at between.
void TaskTracker::TellSome() {
  constexpr size_t kSlice = 32;
  std::vector<std::pair<std::string, WaitReason>> slice;
  {
    base::MutexLock lock(mutex_);
    while (slice.size() < kSlice && !to_tell_.empty()) {
      if (!tell_budget_.Take(clock_.Now())) {
        to_tell_.clear();  // The next survey finds them again, with what is true then.
        break;
      }
      auto first = to_tell_.extract(to_tell_.begin());
      slice.emplace_back(std::move(first.key()), std::move(first.mapped()));
    }
    if (stopped_) return;
  }
  const absl::Duration again = slice.empty() ? absl::ZeroDuration() : TellAgain();
  for (const auto& [id, reason] : slice) TellWhyItWaits(id, reason, again);
  {
    base::MutexLock lock(mutex_);
    tells_ = !to_tell_.empty();
    if (!tells_) return;
  }
  (void)looks_.Submit([this] { TellSome(); });
}

void TaskTracker::TellWhyItWaits(const std::string& id, const WaitReason& reason, absl::Duration again) {
  if (!open_.IsToBeTold(id, reason, again)) return;
  const absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (!task.ok() || task->state != TaskState::kPending) return;
  std::string message = reason.Text();
  if (reason.until == absl::InfiniteFuture()) {
    absl::StrAppend(&message, "; until its deadline at ", UtcText(task->deadline_time), " at the latest");
  }
  // First, so that Note, which follows the change, knows it.
  open_.NoteTold(id, reason, message);
  // Best effort: a failed write only loses the text.
  (void)Tell(*task, message);
}

bool TaskTracker::Tell(const GenerationTask& task, const std::string& message) {
  if (task.state != TaskState::kPending) return false;
  if (task.state_message == message) return true;
  return Change(task.id,
                [&message](GenerationTask& edited) {
                  if (edited.state != TaskState::kPending) return absl::AbortedError("no longer pending");
                  edited.state_message = message;
                  return absl::OkStatus();
                })
      .ok();
}

void TaskTracker::Disown(const GenerationTask& task) {
  {
    base::MutexLock lock(mutex_);
    disowned_.insert(task.id);
  }
  open_.Add(task, clock_.Now());
}

bool TaskTracker::IsDisowned(const std::string& id) {
  base::MutexLock lock(mutex_);
  return disowned_.count(id) > 0;
}

void TaskTracker::EndDisowned(const std::string& id) {
  if (stopped()) return;
  const absl::Status ended = Change(id, [](GenerationTask& edited) {
                               if (edited.state != TaskState::kPending && edited.state != TaskState::kSubmitting) {
                                 return absl::AbortedError("it has ended");
                               }
                               edited.state = TaskState::kFailed;
                               edited.error = {base::Reason::kStoreUnavailable, "",
                                               "the store failed when the task was created; it was never sent"};
                               edited.state_message.clear();
                               return absl::OkStatus();
                             }).status();
  if (base::GetReason(ended) == base::Reason::kStoreUnavailable) return ScheduleIn(id, absl::Seconds(1));
  open_.Remove(id);
  base::MutexLock lock(mutex_);
  disowned_.erase(id);
}

}  // namespace seedance::engine
