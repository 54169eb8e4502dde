#ifndef SEEDANCE_CLIENT_CPP_CLIENT_H_
#define SEEDANCE_CLIENT_CPP_CLIENT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/options.h"
#include "client/cpp/transfer.h"
#include "client/cpp/watch.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "seedance/gateway/v1/asset.grpc.pb.h"
#include "seedance/gateway/v1/asset_group.grpc.pb.h"
#include "seedance/gateway/v1/creation.grpc.pb.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"
#include "seedance/gateway/v1/upstream.grpc.pb.h"

namespace seedance::client {

// Blocking client of seedance-gateway. Thread-safe; make one and share it, it holds one connection.
//
// What each RPC does and which errors it returns stands in the protos; read the details of an error with DecodeError
// (error.h). What the client adds:
// - A mutating request with an empty `request_id` gets a random UUID, so that trying again never pays twice. A caller
//   who wants to try again later (after DEADLINE_EXCEEDED, or OUTCOME_UNKNOWN) sets it with NewRequestId
//   (request_id.h).
// - Calls are tried again, with the same `request_id`, after UNAVAILABLE, after RESOURCE_EXHAUSTED with RetryInfo
//   and when a gateway that stops dropped them, `retry.attempts` times in all and within the time limit. Deletes only
//   with `allow_missing`: the second answer NOT_FOUND would hide that the first try worked.
// - CANCELLED is returned when the call's canceller ended it.
class Client {
 public:
  // FAILED_PRECONDITION: a file of `options` cannot be read, or one of two that go together is missing. Connects on the
  // first call only.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options);

  using Group = gateway::v1::AssetGroup;
  using Asset = gateway::v1::Asset;
  using Task = gateway::v1::GenerationTask;

  absl::StatusOr<Group> CreateAssetGroup(gateway::v1::CreateAssetGroupRequest request, const CallOptions& call = {});
  absl::StatusOr<Group> GetAssetGroup(const std::string& name, const CallOptions& call = {});
  absl::StatusOr<gateway::v1::ListAssetGroupsResponse> ListAssetGroups(
      const gateway::v1::ListAssetGroupsRequest& request, const CallOptions& call = {});
  absl::StatusOr<Group> UpdateAssetGroup(gateway::v1::UpdateAssetGroupRequest request, const CallOptions& call = {});
  absl::Status DeleteAssetGroup(gateway::v1::DeleteAssetGroupRequest request, const CallOptions& call = {});

  absl::StatusOr<Asset> CreateAsset(gateway::v1::CreateAssetRequest request, const CallOptions& call = {});
  // Each request without a `request_id` gets one of its own.
  absl::StatusOr<gateway::v1::BatchCreateAssetsResponse> BatchCreateAssets(
      gateway::v1::BatchCreateAssetsRequest request, const CallOptions& call = {});
  absl::StatusOr<Asset> GetAsset(const std::string& name, const CallOptions& call = {});
  absl::StatusOr<gateway::v1::ListAssetsResponse> ListAssets(const gateway::v1::ListAssetsRequest& request,
                                                             const CallOptions& call = {});
  absl::StatusOr<Asset> UpdateAsset(gateway::v1::UpdateAssetRequest request, const CallOptions& call = {});
  absl::Status DeleteAsset(gateway::v1::DeleteAssetRequest request, const CallOptions& call = {});
  absl::StatusOr<gateway::v1::LibraryUsage> GetLibraryUsage(const gateway::v1::GetLibraryUsageRequest& request,
                                                            const CallOptions& call = {});

  // Streams the file at `path` in chunks, in constant memory. Of `metadata`, `size_bytes` is set from the file, and
  // `file_name` and `request_id` where empty. Each new try starts at the beginning of the file, with the same
  // `request_id`. INVALID_ARGUMENT: `path` is not a regular file that can be read.
  absl::StatusOr<Asset> UploadFile(const std::string& path, gateway::v1::UploadAssetRequest::Metadata metadata,
                                   const UploadOptions& options = {});
  // The same from another source. It is not read on once the gateway has refused the upload.
  absl::StatusOr<Asset> Upload(UploadSource& source, gateway::v1::UploadAssetRequest::Metadata metadata,
                               const UploadOptions& options = {});

  // Delivers snapshots until the asset is ACTIVE, FAILED or EXPIRED and returns the last one. When the stream breaks
  // off it is opened again after a pause (full jitter, or as the gateway asks) and goes on where it ended: no snapshot
  // comes twice. It gives up with the stream's error after `retry.stream_attempts` fruitless tries in a row
  // (`retry.attempts` when no message ever came); a stream that the gateway ended in good order, with its token,
  // because it stops or because the connection is old, is none. DEADLINE_EXCEEDED: the time in `options` is over.
  absl::StatusOr<Asset> WatchAsset(const std::string& name, const AssetCallback& on_snapshot,
                                   const WatchOptions& options = {});

  absl::StatusOr<Task> CreateGenerationTask(gateway::v1::CreateGenerationTaskRequest request,
                                            const CallOptions& call = {});
  absl::StatusOr<Task> GetGenerationTask(const std::string& name, const CallOptions& call = {});
  absl::StatusOr<gateway::v1::ListGenerationTasksResponse> ListGenerationTasks(
      const gateway::v1::ListGenerationTasksRequest& request, const CallOptions& call = {});
  absl::StatusOr<Task> CancelGenerationTask(gateway::v1::CancelGenerationTaskRequest request,
                                            const CallOptions& call = {});
  absl::Status DeleteGenerationTask(gateway::v1::DeleteGenerationTaskRequest request, const CallOptions& call = {});
  // Not tried again: after a first try that worked, a second one would be told that the task is not in doubt.
  absl::StatusOr<gateway::v1::ReconcileGenerationTaskResponse> ReconcileGenerationTask(
      gateway::v1::ReconcileGenerationTaskRequest request, const CallOptions& call = {});

  // Creations of groups and assets of which it is not known whether the vendor took them.
  absl::StatusOr<gateway::v1::ListCreationsInDoubtResponse> ListCreationsInDoubt(
      const gateway::v1::ListCreationsInDoubtRequest& request, const CallOptions& call = {});
  // Not tried again, as ReconcileGenerationTask.
  absl::StatusOr<gateway::v1::ReconcileCreationResponse> ReconcileCreation(
      const gateway::v1::ReconcileCreationRequest& request, const CallOptions& call = {});

  absl::StatusOr<gateway::v1::CountGenerationTasksResponse> CountGenerationTasks(
      const gateway::v1::CountGenerationTasksRequest& request, const CallOptions& call = {});

  // What the vendors accept. ListModels: of one upstream, or, for an empty name, of all.
  absl::StatusOr<gateway::v1::ListUpstreamsResponse> ListUpstreams(const CallOptions& call = {});
  absl::StatusOr<gateway::v1::ListModelsResponse> ListModels(const std::string& upstream = "",
                                                             const CallOptions& call = {});

  // As WatchAsset, until the task has ended. The task goes on when the watch is cancelled.
  absl::StatusOr<Task> WatchGenerationTask(const std::string& name, const TaskCallback& on_snapshot,
                                           const WatchOptions& options = {});

  // Follows all tasks that match, for as long as the caller likes, as WatchAsset does after a break. It never ends well
  // by itself: CANCELLED by the canceller, DEADLINE_EXCEEDED when the time in `options` is over, or the stream's error.
  absl::Status WatchGenerationTasks(const TasksFilter& filter, const TasksCallbacks& callbacks,
                                    const WatchOptions& options = {});

  // Writes a finished task's file to `path`: to `<path>.part` first, renamed when the size is right, removed on error.
  // A stream that breaks off is opened again at the offset reached. DATA_LOSS: the bytes are not as many as announced,
  // or the file changed at the vendor meanwhile. INTERNAL: the local file cannot be written.
  absl::StatusOr<DownloadResult> DownloadGenerationResult(const std::string& name, const std::string& path,
                                                          const DownloadOptions& options = {});

  // Whether the gateway serves, as gRPC's health service says: all of it, or one service by its full name. False while
  // it stops. Needs no token. One try, of `health_timeout` unless `call` says otherwise. NOT_FOUND: no such service.
  absl::StatusOr<bool> CheckHealth(const std::string& service = "", const CallOptions& call = {});

 private:
  Client(ClientOptions options, std::shared_ptr<grpc::Channel> channel);

  // Gives `context` the token and the deadline.
  void Prepare(grpc::ClientContext& context, absl::Time deadline) const;
  absl::Time Deadline(const CallOptions& call, absl::Duration normal) const;

  // One unary call, repeated as the class comment says if `repeat`.
  template <typename Response, typename Stub, typename Request>
  absl::StatusOr<Response> Unary(Stub& stub,
                                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                 const Request& request, const CallOptions& call, absl::Duration timeout,
                                 bool repeat = true);
  template <typename Traits>
  absl::StatusOr<typename Traits::Resource> Watch(typename Traits::Service::Stub& stub, const std::string& name,
                                                  const std::function<void(const typename Traits::Resource&)>& deliver,
                                                  const WatchOptions& options);

  const ClientOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<gateway::v1::AssetGroupService::Stub> groups_;
  const std::unique_ptr<gateway::v1::AssetService::Stub> assets_;
  const std::unique_ptr<gateway::v1::CreationService::Stub> creations_;
  const std::unique_ptr<gateway::v1::GenerationTaskService::Stub> tasks_;
  const std::unique_ptr<gateway::v1::UpstreamService::Stub> upstreams_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_CLIENT_H_
