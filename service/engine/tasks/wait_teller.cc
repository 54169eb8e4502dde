#include "service/engine/tasks/wait_teller.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace seedance::engine {

using model::GenerationTask;
using model::TaskState;

void WaitTeller::OnWaits(RequestDispatcher& requests) {
  {
    base::MutexLock lock(mutex_);
    all_.insert(&requests);
  }
  Run([this, &requests] { Survey(requests); });
}

void WaitTeller::Survey(RequestDispatcher& requests) {
  const absl::Duration again = TellAgain();
  for (const auto& [id, reason] : requests.WhyAllWait()) {
    if (table_.IsToBeTold(id, reason, again)) TellLater(id, reason);
  }
}

absl::Duration WaitTeller::TellAgain() {
  std::set<RequestDispatcher*> all;
  {
    base::MutexLock lock(mutex_);
    all = all_;
  }
  size_t waiting = 0;
  for (RequestDispatcher* requests : all) {
    waiting += requests->facts().waiting[static_cast<size_t>(RequestKind::kChange)];
  }
  return TellBudget::Again(waiting);
}

void WaitTeller::TellLater(const std::string& id, const WaitReason& reason) {
  {
    base::MutexLock lock(mutex_);
    to_tell_.insert_or_assign(id, reason);
    if (std::exchange(tells_, true)) return;
  }
  Run([this] { TellSome(); });
}

// In slices, so that tasks whose time has come are looked at between.
void WaitTeller::TellSome() {
  constexpr size_t kSlice = 32;
  std::vector<std::pair<std::string, WaitReason>> slice;
  {
    base::MutexLock lock(mutex_);
    while (slice.size() < kSlice && !to_tell_.empty()) {
      if (!budget_.Take(clock_.Now())) {
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
  Run([this] { TellSome(); });
}

void WaitTeller::TellWhyItWaits(const std::string& id, const WaitReason& reason, absl::Duration again) {
  if (!table_.IsToBeTold(id, reason, again)) return;
  const absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (!task.ok() || task->state != TaskState::kPending) return;
  std::string message = reason.Text();
  if (reason.until == absl::InfiniteFuture()) {
    absl::StrAppend(&message, "; until its deadline at ", UtcText(task->deadline_time), " at the latest");
  }
  // First, so that OnChange, which follows the write, knows it.
  table_.OnTold(id, reason, message);
  // Best effort: a failed write only loses the text.
  (void)Tell(*task, message);
}

bool WaitTeller::Tell(const GenerationTask& task, const std::string& message) {
  if (task.state != TaskState::kPending) return false;
  if (task.state_message == message) return true;
  return writer_
      .WriteIf(task.id, IsIn(TaskState::kPending),
               [&message](GenerationTask& edited) { edited.state_message = message; })
      .ok();
}

void WaitTeller::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
  }
  thread_.Stop();
}

}  // namespace seedance::engine
