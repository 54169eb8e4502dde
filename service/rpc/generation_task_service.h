#ifndef SEEDANCE_SERVICE_RPC_GENERATION_TASK_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_GENERATION_TASK_SERVICE_H_

#include "seedance/gateway/v1/generation_task.grpc.pb.h"
#include "service/engine/downloads.h"
#include "service/engine/tasks.h"
#include "service/rpc/edge.h"

namespace seedance::rpc {

// GenerationTaskService of generation_task.proto over the engine. Outlive it: edge, tasks, downloads.
//
// The watches are raw methods: their messages are made bytes once for all streams that send them.
class GenerationTaskService final
    : public gateway::v1::GenerationTaskService::WithRawCallbackMethod_WatchGenerationTasks<
          gateway::v1::GenerationTaskService::WithRawCallbackMethod_WatchGenerationTask<
              gateway::v1::GenerationTaskService::CallbackService>> {
 public:
  GenerationTaskService(Edge& edge, engine::Tasks& tasks, engine::Downloads& downloads)
      : edge_(edge), tasks_(tasks), downloads_(downloads) {}

  grpc::ServerUnaryReactor* CreateGenerationTask(grpc::CallbackServerContext* context,
                                                 const gateway::v1::CreateGenerationTaskRequest* request,
                                                 gateway::v1::GenerationTask* response) override;
  grpc::ServerUnaryReactor* GetGenerationTask(grpc::CallbackServerContext* context,
                                              const gateway::v1::GetGenerationTaskRequest* request,
                                              gateway::v1::GenerationTask* response) override;
  grpc::ServerUnaryReactor* ListGenerationTasks(grpc::CallbackServerContext* context,
                                                const gateway::v1::ListGenerationTasksRequest* request,
                                                gateway::v1::ListGenerationTasksResponse* response) override;
  grpc::ServerUnaryReactor* CancelGenerationTask(grpc::CallbackServerContext* context,
                                                 const gateway::v1::CancelGenerationTaskRequest* request,
                                                 gateway::v1::GenerationTask* response) override;
  grpc::ServerUnaryReactor* DeleteGenerationTask(grpc::CallbackServerContext* context,
                                                 const gateway::v1::DeleteGenerationTaskRequest* request,
                                                 google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* ReconcileGenerationTask(grpc::CallbackServerContext* context,
                                                    const gateway::v1::ReconcileGenerationTaskRequest* request,
                                                    gateway::v1::ReconcileGenerationTaskResponse* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchGenerationTask(grpc::CallbackServerContext* context,
                                                                  const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchGenerationTasks(grpc::CallbackServerContext* context,
                                                                   const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<gateway::v1::DownloadGenerationResultResponse>* DownloadGenerationResult(
      grpc::CallbackServerContext* context, const gateway::v1::DownloadGenerationResultRequest* request) override;

 private:
  Edge& edge_;
  engine::Tasks& tasks_;
  engine::Downloads& downloads_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_GENERATION_TASK_SERVICE_H_
