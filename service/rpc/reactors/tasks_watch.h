#ifndef SEEDANCE_SERVICE_RPC_REACTORS_TASKS_WATCH_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_TASKS_WATCH_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "service/engine/tasks/tasks.h"
#include "service/rpc/reactors/watch_reactor.h"

namespace seedance::rpc {

// The stream of WatchGenerationTasks: batches of a feed reader. Each changed task is made bytes once, by the first
// stream that sends it; what lies far back is read from the store on the call pool.
class TasksWatch final : public WatchReactor {
 public:
  // Takes the RPC. `params` is the request, or why it is refused.
  static void Run(RpcStream& stream, std::unique_ptr<Call> call, engine::Tasks& tasks,
                  absl::StatusOr<engine::WatchTasksParams> params);

 private:
  TasksWatch(RpcStream& stream, std::unique_ptr<Call> call, engine::Tasks& tasks)
      : WatchReactor(stream, std::move(call)), tasks_(tasks) {}

  void Open(const engine::CallContext& context) override;
  Step Next() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SharedMessage Heartbeat() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string ResumeToken() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Close() override;

  std::shared_ptr<TasksWatch> Self() { return std::static_pointer_cast<TasksWatch>(shared_from_this()); }
  void Read();

  engine::Tasks& tasks_;
  std::unique_ptr<engine::WatchTasksParams> params_;  // Until Open.
  std::string token_ ABSL_GUARDED_BY(mutex_);         // As received, until the reader is there.
  std::shared_ptr<engine::TaskFeedReader> reader_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // The reader's Read is under way: nothing may be taken.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_TASKS_WATCH_H_
