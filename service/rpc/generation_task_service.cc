#include "service/rpc/generation_task_service.h"

#include "seedance/gateway/v1/generation_task.grpc.pb.h"
#include "service/rpc/calls/unary_call.h"
#include "service/rpc/calls/watch_message.h"
#include "service/rpc/convert/convert_task.h"
#include "service/rpc/reactors/create_wait.h"
#include "service/rpc/reactors/download_reactor.h"
#include "service/rpc/reactors/resource_watch.h"
#include "service/rpc/reactors/tasks_watch.h"
#include "service/rpc/validate/validate_task.h"

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

// A refused task is an error of the call, and stays readable under the name in ResourceInfo.
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

// The engine's parameters of a stream's request.
template <typename Request>
auto ParamsOf(const grpc::ByteBuffer& bytes) -> decltype(ReadRequest(Request())) {
  Request request;
  if (!ParseRequest(bytes, request)) return NotARequest();
  return ReadRequest(request);
}

}  // namespace

void GenerationTaskService::AddTo(Methods& methods) {
  using Self = GenerationTaskService;
  const std::string name = v1::GenerationTaskService::service_full_name();
  methods.Add(name, Unary("CreateGenerationTask", this, &Self::CreateGenerationTask));
  methods.Add(name, QuickUnary("GetGenerationTask", this, &Self::PeekGenerationTask, &Self::GetGenerationTask));
  methods.Add(name, Unary("ListGenerationTasks", this, &Self::ListGenerationTasks));
  methods.Add(name, Unary("CountGenerationTasks", this, &Self::CountGenerationTasks));
  methods.Add(name, Unary("CancelGenerationTask", this, &Self::CancelGenerationTask));
  methods.Add(name, Unary("DeleteGenerationTask", this, &Self::DeleteGenerationTask));
  methods.Add(name, Unary("ReconcileGenerationTask", this, &Self::ReconcileGenerationTask));
  Method watch;
  watch.kind = RpcKind::kWatch;
  watch.traits.name = "WatchGenerationTask";
  watch.start = [this](RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer bytes) {
    TaskWatch::Run(stream, std::move(call), TargetOf(bytes, tasks_));
  };
  methods.Add(name, watch);
  watch.traits.name = "WatchGenerationTasks";
  watch.start = [this](RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer bytes) {
    TasksWatch::Run(stream, std::move(call), tasks_, ParamsOf<v1::WatchGenerationTasksRequest>(bytes));
  };
  methods.Add(name, watch);
  Method download;
  download.traits.name = "DownloadGenerationResult";
  download.start = [this](RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer bytes) {
    DownloadReactor::Begin(downloads_, stream, std::move(call), ParamsOf<v1::DownloadGenerationResultRequest>(bytes));
  };
  methods.Add(name, download);
}

void GenerationTaskService::CreateGenerationTask(const v1::CreateGenerationTaskRequest& request,
                                                 const TaskRpc::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  const engine::CreateTaskParams params = ReadRequest(request);
  auto done = [this, rpc, wait = !params.validate_only](absl::StatusOr<model::GenerationTask> task) {
    if (!task.ok()) return rpc->Fail(task.status());
    if (!wait) return AnswerCreate(rpc, *task);
    CreateWait::Begin(rpc_context_, tasks_, rpc->call().context(), *task,
                      [rpc](const model::GenerationTask& newest) { AnswerCreate(rpc, newest); });
  };
  tasks_.Create(rpc->call().context(), params, std::move(done));
}

// Many callers poll: answers from memory avoid a context switch.
bool GenerationTaskService::PeekGenerationTask(const v1::GetGenerationTaskRequest& request, Call& call,
                                               v1::GenerationTask& response) {
  const auto id = ReadRequest(request);
  if (!id.ok()) return false;
  const std::shared_ptr<const model::GenerationTask> known = tasks_.Peek(call.context(), *id);
  if (known == nullptr) return false;
  FillTask(*known, response, call);
  return true;
}

void GenerationTaskService::GetGenerationTask(const v1::GetGenerationTaskRequest& request,
                                              const TaskRpc::Pointer& rpc) {
  rpc->call().set_resource(request.name());
  const auto id = ReadRequest(request);
  if (!id.ok()) return rpc->Fail(id.status());
  tasks_.Get(rpc->call().context(), *id, rpc->Then<model::GenerationTask>(FillTask));
}

void GenerationTaskService::ListGenerationTasks(const v1::ListGenerationTasksRequest& request,
                                                const UnaryCall<v1::ListGenerationTasksResponse>::Pointer& rpc) {
  using Page = model::Page<model::GenerationTask>;
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  auto fill = [filter = PageFilter(request)](const Page& page, v1::ListGenerationTasksResponse& list, Call&) {
    for (const model::GenerationTask& task : page.items) ToProto(task, list.add_generation_tasks());
    if (!page.next.at_start()) list.set_next_page_token(model::EncodePageToken(page.next, filter));
  };
  tasks_.List(rpc->call().context(), *params, rpc->Then<Page>(std::move(fill)));
}

void GenerationTaskService::CountGenerationTasks(const v1::CountGenerationTasksRequest& request,
                                                 const UnaryCall<v1::CountGenerationTasksResponse>::Pointer& rpc) {
  using Counts = engine::Tasks::Counts;
  auto filter = ReadRequest(request);
  if (!filter.ok()) return rpc->Fail(filter.status());
  const auto fill = [](const Counts& counts, v1::CountGenerationTasksResponse& answer, Call&) {
    for (const auto& [state, tasks] : counts) {
      v1::CountGenerationTasksResponse::Count& count = *answer.add_counts();
      count.set_state(ToProto(state));
      count.set_tasks(tasks);
    }
  };
  tasks_.Count(rpc->call().context(), *std::move(filter), rpc->Then<Counts>(fill));
}

void GenerationTaskService::CancelGenerationTask(const v1::CancelGenerationTaskRequest& request,
                                                 const TaskRpc::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.name());
  const auto id = ReadRequest(request);
  if (!id.ok()) return rpc->Fail(id.status());
  tasks_.Cancel(rpc->call().context(), *id, request.detach(), rpc->Then<model::GenerationTask>(FillTask));
}

void GenerationTaskService::DeleteGenerationTask(const v1::DeleteGenerationTaskRequest& request,
                                                 const UnaryCall<google::protobuf::Empty>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.name());
  const auto id = ReadRequest(request);
  if (!id.ok()) return rpc->Fail(id.status());
  tasks_.Delete(rpc->call().context(), *id, request.allow_missing(), rpc->ThenNothing());
}

void GenerationTaskService::ReconcileGenerationTask(
    const v1::ReconcileGenerationTaskRequest& request,
    const UnaryCall<v1::ReconcileGenerationTaskResponse>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.name());
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  const auto fill = [](const engine::ReconciledTask& settled, v1::ReconcileGenerationTaskResponse& answer, Call&) {
    ToProto(settled.task, answer.mutable_generation_task());
    for (const engine::TaskCandidate& candidate : settled.candidates) ToProto(candidate, answer.add_candidates());
  };
  tasks_.Reconcile(rpc->call().context(), *params, rpc->Then<engine::ReconciledTask>(fill));
}

}  // namespace seedance::rpc
