#include "service/rpc/generation_task_service.h"

#include "service/rpc/convert_task.h"
#include "service/rpc/create_wait.h"
#include "service/rpc/download_reactor.h"
#include "service/rpc/resource_watch.h"
#include "service/rpc/tasks_watch.h"
#include "service/rpc/unary_call.h"
#include "service/rpc/validate_task.h"
#include "service/rpc/watch_message.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

struct TaskWatchTraits {
  using Resource = model::GenerationTask;
  using Response = v1::WatchGenerationTaskResponse;
  static constexpr std::string_view kType = "seedance.gateway.v1.GenerationTask";
  static bool IsOver(const model::GenerationTask& task) { return model::IsTerminal(task.state); }
  static void Fill(const model::GenerationTask& task, Response& response) {
    ToProto(task, response.mutable_generation_task());
  }
};
using TaskWatch = ResourceWatch<TaskWatchTraits>;
using TaskRpc = UnaryCall<v1::GenerationTask>;

void FillTask(const model::GenerationTask& task, v1::GenerationTask& response, Call& call) {
  ToProto(task, &response);
  call.set_resource(response.name());
}

// A task that the vendor refused is an error of the call, and stays readable under the name in its ResourceInfo.
void AnswerCreate(const TaskRpc::Pointer& rpc, const model::GenerationTask& task) {
  rpc->Succeed([&task](v1::GenerationTask& response, Call& call) {
    FillTask(task, response, call);
    return engine::RefusalOf(task);
  });
}

absl::StatusOr<TaskWatch::Target> TargetOf(const grpc::ByteBuffer& bytes, engine::Tasks& tasks) {
  v1::WatchGenerationTaskRequest request;
  if (!ParseRequest(bytes, request)) return NotARequest();
  absl::StatusOr<WatchTaskParams> params = ReadRequest(request);
  if (!params.ok()) return params.status();
  TaskWatch::Target target;
  target.name = request.name();
  target.resume_token = params->resume_token;
  target.open = [&tasks, params = *params](const engine::CallContext& context, absl::AnyInvocable<void()> on_change,
                                           engine::Done<TaskWatch::Start> done) {
    tasks.Watch(context, params.id, params.resume_token, std::move(on_change), std::move(done));
  };
  target.make_token = [&tasks](const model::GenerationTask& task, bool last) {
    return tasks.ResumeToken(task.id, task.revision, last);
  };
  return target;
}

absl::StatusOr<engine::WatchTasksParams> ParamsOf(const grpc::ByteBuffer& bytes) {
  v1::WatchGenerationTasksRequest request;
  if (!ParseRequest(bytes, request)) return NotARequest();
  return ReadRequest(request);
}

}  // namespace

grpc::ServerUnaryReactor* GenerationTaskService::CreateGenerationTask(grpc::CallbackServerContext* context,
                                                                      const v1::CreateGenerationTaskRequest* request,
                                                                      v1::GenerationTask* response) {
  return TaskRpc::Start(edge_, context, "CreateGenerationTask", response, [this, request](const TaskRpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    const engine::CreateTaskParams params = ReadRequest(*request);
    auto done = [this, rpc, wait = !params.validate_only](absl::StatusOr<model::GenerationTask> task) {
      if (!task.ok()) return rpc->Fail(task.status());
      if (!wait) return AnswerCreate(rpc, *task);
      CreateWait::Begin(edge_, tasks_, rpc->call().context(), *task,
                        [rpc](const model::GenerationTask& newest) { AnswerCreate(rpc, newest); });
    };
    tasks_.Create(rpc->call().context(), params, std::move(done));
  });
}

grpc::ServerUnaryReactor* GenerationTaskService::GetGenerationTask(grpc::CallbackServerContext* context,
                                                                   const v1::GetGenerationTaskRequest* request,
                                                                   v1::GenerationTask* response) {
  const auto id = ReadRequest(*request);
  auto read = [this, id, request](const TaskRpc::Pointer& rpc) {
    rpc->call().set_resource(request->name());
    if (!id.ok()) return rpc->Fail(id.status());
    tasks_.Get(rpc->call().context(), *id, rpc->Then<model::GenerationTask>(FillTask));
  };
  // Many callers poll: what is in memory costs them no change of threads.
  const auto peek = [this, &id](Call& call, v1::GenerationTask& task) {
    if (!id.ok()) return false;
    const std::shared_ptr<const model::GenerationTask> known = tasks_.Peek(call.context(), *id);
    if (known == nullptr) return false;
    FillTask(*known, task, call);
    return true;
  };
  return TaskRpc::Start(edge_, context, "GetGenerationTask", response, std::move(read), peek);
}

grpc::ServerUnaryReactor* GenerationTaskService::ListGenerationTasks(grpc::CallbackServerContext* context,
                                                                     const v1::ListGenerationTasksRequest* request,
                                                                     v1::ListGenerationTasksResponse* response) {
  using Rpc = UnaryCall<v1::ListGenerationTasksResponse>;
  using Page = model::Page<model::GenerationTask>;
  return Rpc::Start(edge_, context, "ListGenerationTasks", response, [this, request](const Rpc::Pointer& rpc) {
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    auto fill = [filter = PageFilter(*request)](const Page& page, v1::ListGenerationTasksResponse& list, Call&) {
      for (const model::GenerationTask& task : page.items) ToProto(task, list.add_generation_tasks());
      if (!page.next.at_start()) list.set_next_page_token(model::EncodePageToken(page.next, filter));
    };
    tasks_.List(rpc->call().context(), *params, rpc->Then<Page>(std::move(fill)));
  });
}

grpc::ServerUnaryReactor* GenerationTaskService::CancelGenerationTask(grpc::CallbackServerContext* context,
                                                                      const v1::CancelGenerationTaskRequest* request,
                                                                      v1::GenerationTask* response) {
  return TaskRpc::Start(edge_, context, "CancelGenerationTask", response, [this, request](const TaskRpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->name());
    const auto id = ReadRequest(*request);
    if (!id.ok()) return rpc->Fail(id.status());
    tasks_.Cancel(rpc->call().context(), *id, request->detach(), rpc->Then<model::GenerationTask>(FillTask));
  });
}

grpc::ServerUnaryReactor* GenerationTaskService::DeleteGenerationTask(grpc::CallbackServerContext* context,
                                                                      const v1::DeleteGenerationTaskRequest* request,
                                                                      google::protobuf::Empty* response) {
  using Rpc = UnaryCall<google::protobuf::Empty>;
  return Rpc::Start(edge_, context, "DeleteGenerationTask", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->name());
    const auto id = ReadRequest(*request);
    if (!id.ok()) return rpc->Fail(id.status());
    tasks_.Delete(rpc->call().context(), *id, request->allow_missing(), rpc->ThenNothing());
  });
}

grpc::ServerUnaryReactor* GenerationTaskService::ReconcileGenerationTask(
    grpc::CallbackServerContext* context, const v1::ReconcileGenerationTaskRequest* request,
    v1::ReconcileGenerationTaskResponse* response) {
  using Rpc = UnaryCall<v1::ReconcileGenerationTaskResponse>;
  return Rpc::Start(edge_, context, "ReconcileGenerationTask", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->name());
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    const auto fill = [](const engine::ReconciledTask& settled, v1::ReconcileGenerationTaskResponse& answer, Call&) {
      ToProto(settled.task, answer.mutable_generation_task());
      for (const engine::TaskCandidate& candidate : settled.candidates) ToProto(candidate, answer.add_candidates());
    };
    tasks_.Reconcile(rpc->call().context(), *params, rpc->Then<engine::ReconciledTask>(fill));
  });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* GenerationTaskService::WatchGenerationTask(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return TaskWatch::Run(edge_, context, "WatchGenerationTask", TargetOf(*request, tasks_));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* GenerationTaskService::WatchGenerationTasks(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return TasksWatch::Run(edge_, context, tasks_, ParamsOf(*request));
}

grpc::ServerWriteReactor<v1::DownloadGenerationResultResponse>* GenerationTaskService::DownloadGenerationResult(
    grpc::CallbackServerContext* context, const v1::DownloadGenerationResultRequest* request) {
  return DownloadReactor::Begin(edge_, downloads_, context, ReadRequest(*request));
}

}  // namespace seedance::rpc
