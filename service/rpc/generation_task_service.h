#ifndef SEEDANCE_SERVICE_RPC_GENERATION_TASK_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_GENERATION_TASK_SERVICE_H_

#include <memory>

#include "seedance/gateway/v1/generation_task.pb.h"
#include "service/engine/tasks/downloads.h"
#include "service/engine/tasks/tasks.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/rpc_context.h"
#include "service/rpc/calls/unary_call.h"

namespace seedance::rpc {

// GenerationTaskService of generation_task.proto over the engine. `rpc_context`, `tasks` and `downloads` must outlive
// it. Thread-safe.
//
// Each method validates its request, calls the engine and answers `rpc`; it runs on the call pool.
//
// Tests: tests/unit/rpc/calls/unary_call_test.cc, tests/e2e/main_job_test.cc
class GenerationTaskService final {
 public:
  GenerationTaskService(RpcContext& rpc_context, engine::Tasks& tasks, engine::Downloads& downloads)
      : rpc_context_(rpc_context), tasks_(tasks), downloads_(downloads) {}

  // Registers its methods, which use this object.
  void AddTo(Methods& methods);

 private:
  // The call to answer.
  template <typename Response>
  using Rpc = std::shared_ptr<UnaryCall<Response>>;

  void CreateGenerationTask(const gateway::v1::CreateGenerationTaskRequest& request,
                            const Rpc<gateway::v1::GenerationTask>& rpc);
  // Answers from memory on the RPC thread. False: the task is not in memory, nothing was done.
  bool PeekGenerationTask(const gateway::v1::GetGenerationTaskRequest& request, Call& call,
                          gateway::v1::GenerationTask& response);
  void GetGenerationTask(const gateway::v1::GetGenerationTaskRequest& request,
                         const Rpc<gateway::v1::GenerationTask>& rpc);
  void ListGenerationTasks(const gateway::v1::ListGenerationTasksRequest& request,
                           const Rpc<gateway::v1::ListGenerationTasksResponse>& rpc);
  void CountGenerationTasks(const gateway::v1::CountGenerationTasksRequest& request,
                            const Rpc<gateway::v1::CountGenerationTasksResponse>& rpc);
  void CancelGenerationTask(const gateway::v1::CancelGenerationTaskRequest& request,
                            const Rpc<gateway::v1::GenerationTask>& rpc);
  void DeleteGenerationTask(const gateway::v1::DeleteGenerationTaskRequest& request,
                            const Rpc<google::protobuf::Empty>& rpc);
  void ReconcileGenerationTask(const gateway::v1::ReconcileGenerationTaskRequest& request,
                               const Rpc<gateway::v1::ReconcileGenerationTaskResponse>& rpc);

  RpcContext& rpc_context_;
  engine::Tasks& tasks_;
  engine::Downloads& downloads_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_GENERATION_TASK_SERVICE_H_
