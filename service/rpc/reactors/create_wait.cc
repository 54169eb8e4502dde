#include "service/rpc/reactors/create_wait.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "service/engine/assets/asset_waits.h"

namespace seedance::rpc {
namespace {

// Reserved for sending the answer before the caller's deadline.
constexpr absl::Duration kMargin = absl::Milliseconds(500);

bool OnItsWay(const model::GenerationTask& task) {
  // Assets take long: waiting here would only delay the answer.
  if (engine::WaitsForAssets(task)) return false;
  return task.state == model::TaskState::kPending || task.state == model::TaskState::kSubmitting;
}

}  // namespace

void CreateWait::Begin(RpcContext& rpc_context, engine::Tasks& tasks, const engine::CallContext& context,
                       const model::GenerationTask& task, Answer answer) {
  const absl::Time now = rpc_context.clock().Now();
  const absl::Time until = std::min(now + rpc_context.options().create_wait, context.deadline - kMargin);
  if (!OnItsWay(task) || until <= now) return answer(task);
  std::shared_ptr<CreateWait> wait(new CreateWait(rpc_context, task, std::move(answer)));
  // The timer holds the wait, and ends it in any case.
  const uint64_t timer = rpc_context.timers().Add(until, [wait] {
    wait->End();
    return absl::InfiniteFuture();
  });
  if (timer == 0) return wait->End();
  {
    base::MutexLock lock(wait->mutex_);
    wait->timer_ = timer;
  }
  const auto on_change = [weak = wait->weak_from_this()] {
    if (auto held = weak.lock()) held->OnChange();
  };
  if (Session session = tasks.WatchAtHand(context, task.id, on_change)) return wait->Follow(std::move(session));
  // `tasks` outlives the call pool.
  rpc_context.calls().Run(
      context.tenant, [wait, &tasks, context] { wait->Watch(tasks, context); },
      [wait](const absl::Status&) { wait->End(); });
}

void CreateWait::Watch(engine::Tasks& tasks, const engine::CallContext& context) {
  std::string id;
  {
    base::MutexLock lock(mutex_);
    id = newest_.id;
  }
  tasks.Watch(
      context, id, /*resume_token=*/"",
      [weak = weak_from_this()] {
        if (auto wait = weak.lock()) wait->OnChange();
      },
      [wait = shared_from_this()](absl::StatusOr<Start> start) {
        if (!start.ok() || start->over) return wait->End();  // Answers with the task as it was.
        wait->Follow(std::move(start->session));
      });
}

void CreateWait::Follow(Session session) {
  {
    base::MutexLock lock(mutex_);
    if (!answer_) return;  // Too late: the session is destroyed here.
    session_ = std::move(session);
  }
  OnChange();
}

void CreateWait::OnChange() {
  {
    base::MutexLock lock(mutex_);
    if (session_ == nullptr) return;
    while (const auto snapshot = session_->Take()) newest_ = *snapshot;
    if (OnItsWay(newest_) && !session_->gone()) return;
  }
  End();
}

void CreateWait::End() {
  Answer answer;
  std::optional<model::GenerationTask> newest;
  uint64_t timer = 0;
  Session session;
  {
    base::MutexLock lock(mutex_);
    if (!answer_) return;
    answer = std::move(answer_);
    answer_ = nullptr;
    newest = newest_;
    timer = timer_;
    session.swap(session_);
  }
  answer(*newest);
  rpc_context_.timers().Remove(timer);
  // Not Close: this may run inside on_change, whose caller holds the session until it returns.
  if (session != nullptr) session->Leave();
}

}  // namespace seedance::rpc
