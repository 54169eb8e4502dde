#ifndef SEEDANCE_SERVICE_RPC_REACTORS_CREATE_WAIT_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_CREATE_WAIT_H_

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/tasks/tasks.h"
#include "service/rpc/calls/rpc_context.h"

namespace seedance::rpc {

// Delays the answer of CreateGenerationTask until the vendor has accepted or refused the task, without occupying a
// thread.
class CreateWait : public std::enable_shared_from_this<CreateWait> {
 public:
  using Answer = absl::AnyInvocable<void(const model::GenerationTask& newest)>;

  // Calls `answer` once: when the task has left PENDING and SUBMITTING or waits for assets, when `create_wait` of the
  // options has passed, or shortly before the caller's deadline. Runs on the thread that finds out, perhaps before
  // Begin returns. Never blocks.
  static void Begin(RpcContext& rpc_context, engine::Tasks& tasks, const engine::CallContext& context,
                    const model::GenerationTask& task, Answer answer);

 private:
  using Start = engine::WatchStart<model::GenerationTask>;

  CreateWait(RpcContext& rpc_context, const model::GenerationTask& task, Answer answer)
      : rpc_context_(rpc_context), newest_(task), answer_(std::move(answer)) {}

  using Session = std::shared_ptr<engine::WatchSession<model::GenerationTask>>;

  // Opens the watch of the task.
  void Watch(engine::Tasks& tasks, const engine::CallContext& context);
  // Takes the opened watch, and looks at its first snapshot.
  void Follow(Session session);
  // Takes the newest snapshot; ends the wait if the vendor has answered.
  void OnChange();
  // Calls the answer, once.
  void End();

  RpcContext& rpc_context_;
  base::Mutex mutex_;
  model::GenerationTask newest_ ABSL_GUARDED_BY(mutex_);
  Answer answer_ ABSL_GUARDED_BY(mutex_);  // Null after the call.
  // Id in the timer wheel; 0: none.
  uint64_t timer_ ABSL_GUARDED_BY(mutex_) = 0;
  Session session_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_CREATE_WAIT_H_
