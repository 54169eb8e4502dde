#ifndef SEEDANCE_TESTS_UNIT_CLIENT_FAKE_GATEWAY_H_
#define SEEDANCE_TESTS_UNIT_CLIENT_FAKE_GATEWAY_H_

#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "client/cpp/error.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "seedance/gateway/v1/asset.grpc.pb.h"
#include "seedance/gateway/v1/asset_group.grpc.pb.h"
#include "seedance/gateway/v1/creation.grpc.pb.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"
#include "seedance/gateway/v1/upstream.grpc.pb.h"

namespace seedance::client {

namespace v1 = gateway::v1;

// A gRPC server on a free loopback port whose answers are functions of the test. A method without a function answers
// UNIMPLEMENTED. Functions are set before the first call and run on the server's threads.
class FakeGateway {
 public:
  FakeGateway();
  ~FakeGateway();

  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

  template <typename Request, typename Response>
  using Unary = std::function<grpc::Status(const Request&, Response&)>;
  template <typename Request, typename Response>
  using Streaming = std::function<grpc::Status(grpc::ServerContext&, const Request&, grpc::ServerWriter<Response>&)>;

  Unary<v1::CreateAssetGroupRequest, v1::AssetGroup> create_group;
  Unary<v1::ListAssetGroupsRequest, v1::ListAssetGroupsResponse> list_groups;
  Unary<v1::DeleteAssetGroupRequest, google::protobuf::Empty> delete_group;

  std::function<grpc::Status(grpc::ServerReader<v1::UploadAssetRequest>&, v1::Asset&)> upload_asset;
  Unary<v1::GetAssetRequest, v1::Asset> get_asset;
  Unary<v1::GetLibraryUsageRequest, v1::LibraryUsage> get_library_usage;
  Streaming<v1::WatchAssetRequest, v1::WatchAssetResponse> watch_asset;

  Unary<v1::ListCreationsInDoubtRequest, v1::ListCreationsInDoubtResponse> list_creations;
  Unary<v1::ReconcileCreationRequest, v1::ReconcileCreationResponse> reconcile_creation;

  Unary<v1::CreateGenerationTaskRequest, v1::GenerationTask> create_task;
  Unary<v1::GetGenerationTaskRequest, v1::GenerationTask> get_task;
  Unary<v1::ListGenerationTasksRequest, v1::ListGenerationTasksResponse> list_tasks;
  Unary<v1::CancelGenerationTaskRequest, v1::GenerationTask> cancel_task;
  Unary<v1::DeleteGenerationTaskRequest, google::protobuf::Empty> delete_task;
  Unary<v1::ReconcileGenerationTaskRequest, v1::ReconcileGenerationTaskResponse> reconcile_task;
  Streaming<v1::WatchGenerationTaskRequest, v1::WatchGenerationTaskResponse> watch_task;
  Streaming<v1::WatchGenerationTasksRequest, v1::WatchGenerationTasksResponse> watch_tasks;
  Streaming<v1::DownloadGenerationResultRequest, v1::DownloadGenerationResultResponse> download;

  Unary<v1::ListModelsRequest, v1::ListModelsResponse> list_models;

  Unary<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse> check_health;

  // `authorization` of the last call, for tests that look.
  std::string authorization;

 private:
  class Groups;
  class Assets;
  class Creations;
  class Tasks;
  class Upstreams;
  class Health;
  std::unique_ptr<Groups> groups_;
  std::unique_ptr<Assets> assets_;
  std::unique_ptr<Creations> creations_;
  std::unique_ptr<Tasks> tasks_;
  std::unique_ptr<Upstreams> upstreams_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// A status with google.rpc details, as the gateway makes it.
grpc::Status ErrorWith(grpc::StatusCode code, const std::string& message, const ErrorDetails& details);

// ErrorWith, only with a delay in RetryInfo.
grpc::Status UnavailableFor(absl::Duration delay);

v1::GenerationTask TaskIn(v1::GenerationTask::State state, int64_t revision);
v1::WatchGenerationTaskResponse Snapshot(v1::GenerationTask::State state, int64_t revision);

}  // namespace seedance::client

#endif  // SEEDANCE_TESTS_UNIT_CLIENT_FAKE_GATEWAY_H_
