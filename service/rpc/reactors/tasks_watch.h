#ifndef SEEDANCE_SERVICE_RPC_REACTORS_TASKS_WATCH_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_TASKS_WATCH_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "service/engine/tasks/tasks.h"
#include "service/rpc/reactors/watch_reactor.h"

namespace seedance::rpc {

// The stream of WatchGenerationTasks: batches from a feed reader. Each changed task is serialized once, by the first
// stream that sends it; older changes are read from the store on the call pool.
//
// Tests: tests/unit/rpc/reactors/watch_tasks_test.cc
class TasksWatch final : public WatchReactor {
 public:
  // Takes the RPC over. `params`: the request, or why it is refused.
  static void Run(RpcStream& stream, std::unique_ptr<Call> call, engine::Tasks& tasks,
                  absl::StatusOr<engine::WatchTasksParams> params);

 private:
  TasksWatch(RpcStream& stream, std::unique_ptr<Call> call, engine::Tasks& tasks)
      : WatchReactor(stream, std::move(call)), tasks_(tasks) {}

  // See WatchReactor.
  void Open(const engine::CallContext& context) override;
  Step Next() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SharedMessage Heartbeat() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string ResumeToken() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Close() override;

  // A reference of the right type, for callbacks.
  std::shared_ptr<TasksWatch> Self() { return std::static_pointer_cast<TasksWatch>(shared_from_this()); }
  // Reads older changes from the store, on the call pool, then continues the stream.
  void Read();

  // Not owned.
  engine::Tasks& tasks_;
  std::unique_ptr<engine::WatchTasksParams> params_;  // Until Open.
  std::string token_ ABSL_GUARDED_BY(mutex_);         // As received, until `reader_` exists.
  std::shared_ptr<engine::TaskFeedReader> reader_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // Read of the reader is in progress: nothing may be taken from it.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_TASKS_WATCH_H_
