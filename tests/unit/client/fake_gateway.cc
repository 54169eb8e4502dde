#include "tests/unit/client/fake_gateway.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace seedance::client {
namespace {

const grpc::Status kUnimplemented(grpc::StatusCode::UNIMPLEMENTED, "the test answers nothing here");

template <typename Function, typename... Arguments>
grpc::Status Answer(const Function& function, Arguments&&... arguments) {
  return function ? function(std::forward<Arguments>(arguments)...) : kUnimplemented;
}

void NoteToken(const grpc::ServerContext& context, std::string& authorization) {
  const auto found = context.client_metadata().find("authorization");
  if (found != context.client_metadata().end()) {
    authorization.assign(found->second.data(), found->second.size());
  }
}

}  // namespace

class FakeGateway::Groups : public v1::AssetGroupService::Service {
 public:
  explicit Groups(FakeGateway& fake) : fake_(fake) {}
  grpc::Status CreateAssetGroup(grpc::ServerContext* context, const v1::CreateAssetGroupRequest* request,
                                v1::AssetGroup* response) override {
    NoteToken(*context, fake_.authorization);
    return Answer(fake_.create_group, *request, *response);
  }
  grpc::Status ListAssetGroups(grpc::ServerContext*, const v1::ListAssetGroupsRequest* request,
                               v1::ListAssetGroupsResponse* response) override {
    return Answer(fake_.list_groups, *request, *response);
  }
  grpc::Status DeleteAssetGroup(grpc::ServerContext*, const v1::DeleteAssetGroupRequest* request,
                                google::protobuf::Empty* response) override {
    return Answer(fake_.delete_group, *request, *response);
  }

 private:
  FakeGateway& fake_;
};

class FakeGateway::Assets : public v1::AssetService::Service {
 public:
  explicit Assets(FakeGateway& fake) : fake_(fake) {}
  grpc::Status UploadAsset(grpc::ServerContext*, grpc::ServerReader<v1::UploadAssetRequest>* reader,
                           v1::Asset* response) override {
    return Answer(fake_.upload_asset, *reader, *response);
  }
  grpc::Status GetAsset(grpc::ServerContext*, const v1::GetAssetRequest* request, v1::Asset* response) override {
    return Answer(fake_.get_asset, *request, *response);
  }
  grpc::Status GetLibraryUsage(grpc::ServerContext*, const v1::GetLibraryUsageRequest* request,
                               v1::LibraryUsage* response) override {
    return Answer(fake_.get_library_usage, *request, *response);
  }
  grpc::Status WatchAsset(grpc::ServerContext* context, const v1::WatchAssetRequest* request,
                          grpc::ServerWriter<v1::WatchAssetResponse>* writer) override {
    return Answer(fake_.watch_asset, *context, *request, *writer);
  }

 private:
  FakeGateway& fake_;
};

class FakeGateway::Creations : public v1::CreationService::Service {
 public:
  explicit Creations(FakeGateway& fake) : fake_(fake) {}
  grpc::Status ListCreationsInDoubt(grpc::ServerContext*, const v1::ListCreationsInDoubtRequest* request,
                                    v1::ListCreationsInDoubtResponse* response) override {
    return Answer(fake_.list_creations, *request, *response);
  }
  grpc::Status ReconcileCreation(grpc::ServerContext*, const v1::ReconcileCreationRequest* request,
                                 v1::ReconcileCreationResponse* response) override {
    return Answer(fake_.reconcile_creation, *request, *response);
  }

 private:
  FakeGateway& fake_;
};

class FakeGateway::Tasks : public v1::GenerationTaskService::Service {
 public:
  explicit Tasks(FakeGateway& fake) : fake_(fake) {}
  grpc::Status CreateGenerationTask(grpc::ServerContext*, const v1::CreateGenerationTaskRequest* request,
                                    v1::GenerationTask* response) override {
    return Answer(fake_.create_task, *request, *response);
  }
  grpc::Status GetGenerationTask(grpc::ServerContext*, const v1::GetGenerationTaskRequest* request,
                                 v1::GenerationTask* response) override {
    return Answer(fake_.get_task, *request, *response);
  }
  grpc::Status ListGenerationTasks(grpc::ServerContext*, const v1::ListGenerationTasksRequest* request,
                                   v1::ListGenerationTasksResponse* response) override {
    return Answer(fake_.list_tasks, *request, *response);
  }
  grpc::Status CancelGenerationTask(grpc::ServerContext*, const v1::CancelGenerationTaskRequest* request,
                                    v1::GenerationTask* response) override {
    return Answer(fake_.cancel_task, *request, *response);
  }
  grpc::Status DeleteGenerationTask(grpc::ServerContext*, const v1::DeleteGenerationTaskRequest* request,
                                    google::protobuf::Empty* response) override {
    return Answer(fake_.delete_task, *request, *response);
  }
  grpc::Status ReconcileGenerationTask(grpc::ServerContext*, const v1::ReconcileGenerationTaskRequest* request,
                                       v1::ReconcileGenerationTaskResponse* response) override {
    return Answer(fake_.reconcile_task, *request, *response);
  }
  grpc::Status WatchGenerationTask(grpc::ServerContext* context, const v1::WatchGenerationTaskRequest* request,
                                   grpc::ServerWriter<v1::WatchGenerationTaskResponse>* writer) override {
    return Answer(fake_.watch_task, *context, *request, *writer);
  }
  grpc::Status WatchGenerationTasks(grpc::ServerContext* context, const v1::WatchGenerationTasksRequest* request,
                                    grpc::ServerWriter<v1::WatchGenerationTasksResponse>* writer) override {
    return Answer(fake_.watch_tasks, *context, *request, *writer);
  }
  grpc::Status DownloadGenerationResult(grpc::ServerContext* context,
                                        const v1::DownloadGenerationResultRequest* request,
                                        grpc::ServerWriter<v1::DownloadGenerationResultResponse>* writer) override {
    return Answer(fake_.download, *context, *request, *writer);
  }

 private:
  FakeGateway& fake_;
};

class FakeGateway::Upstreams : public v1::UpstreamService::Service {
 public:
  explicit Upstreams(FakeGateway& fake) : fake_(fake) {}
  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* response) override {
    return Answer(fake_.list_models, *request, *response);
  }

 private:
  FakeGateway& fake_;
};

class FakeGateway::Health final : public grpc::health::v1::Health::Service {
 public:
  explicit Health(FakeGateway& fake) : fake_(fake) {}
  grpc::Status Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override {
    return Answer(fake_.check_health, *request, *response);
  }

 private:
  FakeGateway& fake_;
};

FakeGateway::FakeGateway()
    : groups_(std::make_unique<Groups>(*this)),
      assets_(std::make_unique<Assets>(*this)),
      creations_(std::make_unique<Creations>(*this)),
      tasks_(std::make_unique<Tasks>(*this)),
      upstreams_(std::make_unique<Upstreams>(*this)),
      health_(std::make_unique<Health>(*this)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(groups_.get());
  builder.RegisterService(assets_.get());
  builder.RegisterService(creations_.get());
  builder.RegisterService(tasks_.get());
  builder.RegisterService(upstreams_.get());
  builder.RegisterService(health_.get());
  server_ = builder.BuildAndStart();
}

FakeGateway::~FakeGateway() { server_->Shutdown(std::chrono::system_clock::now()); }

grpc::Status ErrorWith(grpc::StatusCode code, const std::string& message, const ErrorDetails& details) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(details.reason);
  info.set_domain(details.domain);
  for (const auto& [key, value] : details.metadata) (*info.mutable_metadata())[key] = value;
  if (!details.reason.empty()) status.add_details()->PackFrom(info);
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : details.violations) {
    auto& added = *bad_request.add_field_violations();
    added.set_field(violation.field);
    added.set_description(violation.description);
  }
  if (!details.violations.empty()) status.add_details()->PackFrom(bad_request);
  if (details.retry_delay.has_value()) {
    google::rpc::RetryInfo retry;
    const int64_t nanoseconds = absl::ToInt64Nanoseconds(*details.retry_delay);
    retry.mutable_retry_delay()->set_seconds(nanoseconds / 1000000000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanoseconds % 1000000000));
    status.add_details()->PackFrom(retry);
  }
  if (!details.resource_name.empty()) {
    google::rpc::ResourceInfo resource;
    resource.set_resource_type(details.resource_type);
    resource.set_resource_name(details.resource_name);
    resource.set_description(details.resource_description);
    status.add_details()->PackFrom(resource);
  }
  if (!details.quota_subject.empty()) {
    google::rpc::QuotaFailure quota;
    quota.add_violations()->set_subject(details.quota_subject);
    quota.mutable_violations(0)->set_description(details.quota_description);
    status.add_details()->PackFrom(quota);
  }
  return grpc::Status(code, message, status.SerializeAsString());
}

grpc::Status UnavailableFor(absl::Duration delay) {
  ErrorDetails details;
  details.reason = "DRAINING";
  details.domain = "seedance-gateway";
  details.retry_delay = delay;
  return ErrorWith(grpc::StatusCode::UNAVAILABLE, "the server is shutting down", details);
}

v1::GenerationTask TaskIn(v1::GenerationTask::State state, int64_t revision) {
  v1::GenerationTask task;
  task.set_name("generationTasks/t1");
  task.set_state(state);
  task.set_revision(revision);
  return task;
}

v1::WatchGenerationTaskResponse Snapshot(v1::GenerationTask::State state, int64_t revision) {
  v1::WatchGenerationTaskResponse response;
  *response.mutable_generation_task() = TaskIn(state, revision);
  response.set_resume_token("token-" + std::to_string(revision));
  return response;
}

}  // namespace seedance::client
