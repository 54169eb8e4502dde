#ifndef SEEDANCE_TESTS_UNIT_RPC_GATEWAY_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_RPC_GATEWAY_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "seedance/gateway/v1/asset.grpc.pb.h"
#include "seedance/gateway/v1/asset_group.grpc.pb.h"
#include "seedance/gateway/v1/creation.grpc.pb.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"
#include "seedance/gateway/v1/upstream.grpc.pb.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/engine.h"
#include "service/rpc/asset_group_service.h"
#include "service/rpc/asset_service.h"
#include "service/rpc/calls/dispatcher.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/rpc_context.h"
#include "service/rpc/calls/rpc_server.h"
#include "service/rpc/creation_service.h"
#include "service/rpc/generation_task_service.h"
#include "service/rpc/health_service.h"
#include "service/rpc/reflection_service.h"
#include "service/rpc/upstream_service.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/testing/fake_upstream.h"
#include "tests/testing/temp_dir.h"

namespace seedance::rpc {

namespace v1 = gateway::v1;

// The details of an error as a client sees it.
inline base::ErrorDetail DetailOf(const grpc::Status& status) {
  return base::GetErrorDetail(base::ParseStatus(status.error_details()));
}

// What was logged since CaptureStderr.
inline std::string CapturedLog() {
  base::FlushLog();
  return ::testing::internal::GetCapturedStderr();
}

// The services over a real gRPC server on a free port, a whole engine, the embedded store and a vendor in memory.
class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    engine_options_.task_tracker.poll_interval_queued = absl::Milliseconds(20);
    engine_options_.task_tracker.poll_interval_running = absl::Milliseconds(20);
    engine_options_.asset_tracker.poll_interval = absl::Milliseconds(20);
    rpc_options_.create_wait = absl::Seconds(10);
  }
  ~GatewayTest() override { Stop(); }

  // Call it first, after changing options.
  void Start() {
    store::sqlite::SqliteOptions store_options;
    store_options.path = dir_.File("gateway.db");
    store_ = store::sqlite::OpenSqliteStore(store_options).value();
    std::vector<engine::VendorAccounts::Config> upstreams(1);
    upstreams[0].upstream = vendor_.MakeUpstream();
    engine_ = std::make_unique<engine::Engine>(engine_options_, *store_, std::move(upstreams), base::RealClock(),
                                               base::SystemRandom());
    ASSERT_TRUE(engine_->Start().ok());
    rpc_context_ = std::make_unique<RpcContext>(rpc_options_, *rpc_clock_, base::SystemRandom());
    groups_service_ = std::make_unique<AssetGroupService>(engine_->groups());
    assets_service_ = std::make_unique<AssetService>(*rpc_context_, engine_->assets());
    tasks_service_ = std::make_unique<GenerationTaskService>(*rpc_context_, engine_->tasks(), engine_->downloads());
    creations_service_ = std::make_unique<CreationService>(engine_->creations());
    groups_service_->AddTo(methods_);
    creations_service_->AddTo(methods_);
    upstreams_service_ = std::make_unique<UpstreamService>(engine_->accounts());
    upstreams_service_->AddTo(methods_);
    assets_service_->AddTo(methods_);
    tasks_service_->AddTo(methods_);
    health_service_.AddTo(methods_);
    AddReflection(methods_);
    dispatcher_ = std::make_unique<Dispatcher>(*rpc_context_, methods_);
    rpc_server_ = std::make_unique<RpcServer>(/*threads=*/2, rpc_context_->limits(),
                                              [this](RpcStream& stream) { dispatcher_->OnCall(stream); });
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    rpc_server_->AddTo(builder);
    server_ = builder.BuildAndStart();
    ASSERT_TRUE(rpc_server_->Start().ok());
    address_ = "127.0.0.1:" + std::to_string(port);
    channel_ = grpc::CreateChannel(address_, grpc::InsecureChannelCredentials());
    groups_ = v1::AssetGroupService::NewStub(channel_);
    assets_ = v1::AssetService::NewStub(channel_);
    creations_ = v1::CreationService::NewStub(channel_);
    upstreams_ = v1::UpstreamService::NewStub(channel_);
    tasks_ = v1::GenerationTaskService::NewStub(channel_);
  }

  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    rpc_server_->Stop();
    server_.reset();
    rpc_context_->StopCalls();
    engine_->Stop(absl::Seconds(1));
    rpc_context_->StopTimers();
    rpc_context_.reset();
    engine_.reset();
  }

  // Blocking calls that must succeed.
  v1::AssetGroup MakeGroup() {
    grpc::ClientContext context;
    v1::CreateAssetGroupRequest request;
    request.mutable_asset_group()->set_display_name("group");
    v1::AssetGroup group;
    const grpc::Status status = groups_->CreateAssetGroup(&context, request, &group);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return group;
  }

  v1::GenerationTask MakeTask() {
    grpc::ClientContext context;
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("a cat");
    v1::GenerationTask task;
    const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return task;
  }

  // Puts a task that has ended into the store, as if it had been created by the caller of MakeTask. Gives its name.
  std::string StoreTask(model::GenerationTask task) {
    if (tenant_.empty()) tenant_ = store_->GetTask(MakeTask().name().substr(16))->tenant;
    task.tenant = tenant_;
    task.state = model::TaskState::kFailed;
    model::JournalEntry call;
    call.key = {task.tenant, "CreateGenerationTask", task.id};
    call.state = model::JournalState::kDone;
    call.resource_name = task.name();
    EXPECT_TRUE(store_->BeginEntry(call, &task).ok());
    return task.name();
  }

  // What the vendor says of the task from now on.
  void Report(const v1::GenerationTask& task, model::TaskState state, int progress = 0) {
    upstream::TaskReport report;
    report.state = state;
    report.progress_percent = progress;
    if (state == model::TaskState::kSucceeded) report.result.video_uri = "https://files.example.com/v.mp4";
    vendor_.SetTask(task.upstream_task_id(), report);
  }

  testing::TempDir dir_;
  testing::FakeVendor vendor_;
  engine::Engine::Options engine_options_;
  RpcContext::Options rpc_options_;
  base::Clock* rpc_clock_ = &base::RealClock();
  std::unique_ptr<store::Store> store_;
  std::string tenant_;  // Of StoreTask.
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<RpcContext> rpc_context_;
  std::unique_ptr<AssetGroupService> groups_service_;
  std::unique_ptr<AssetService> assets_service_;
  std::unique_ptr<CreationService> creations_service_;
  std::unique_ptr<UpstreamService> upstreams_service_;
  std::unique_ptr<GenerationTaskService> tasks_service_;
  Methods methods_;
  HealthService health_service_{methods_};
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<RpcServer> rpc_server_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::AssetGroupService::Stub> groups_;
  std::unique_ptr<v1::AssetService::Stub> assets_;
  std::unique_ptr<v1::CreationService::Stub> creations_;
  std::unique_ptr<v1::UpstreamService::Stub> upstreams_;
  std::unique_ptr<v1::GenerationTaskService::Stub> tasks_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_TESTS_UNIT_RPC_GATEWAY_FIXTURE_H_
