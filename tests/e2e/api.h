#ifndef SEEDANCE_TESTS_E2E_API_H_
#define SEEDANCE_TESTS_E2E_API_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/cpp/error.h"
#include "seedance/gateway/v1/asset.grpc.pb.h"
#include "seedance/gateway/v1/asset_group.grpc.pb.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"

namespace seedance::e2e {

namespace v1 = gateway::v1;

// How a call ended.
template <typename T>
struct Answer {
  grpc::Status status;
  T value;

  bool ok() const { return status.ok(); }
  client::ErrorDetails error() const { return client::DecodeError(status); }
};

// Everything that a watch stream brought.
template <typename Response>
struct Stream {
  std::vector<Response> messages;  // TimerWheel too.
  std::string resume_token;        // Of the last message that has one.
  std::string trailer_token;       // Trailer `resume-token`.
  grpc::Status status;

  client::ErrorDetails error() const { return client::DecodeError(status); }
};
using TaskStream = Stream<v1::WatchGenerationTaskResponse>;
using AssetStream = Stream<v1::WatchAssetResponse>;

// Bytes of DownloadGenerationResult.
struct Download {
  std::string bytes;
  int64_t total_size = 0;
  std::string content_type;
  grpc::Status status;

  client::ErrorDetails error() const { return client::DecodeError(status); }
};

// Bytes of a file to upload: called until it returns an empty piece.
using NextChunk = std::function<std::string()>;

// The gateway through its generated stubs and nothing else: no retries, a deadline on every call, of a minute unless it
// is set. Thread-safe.
class Api {
 public:
  Api(const std::string& endpoint, std::string token,
      const std::shared_ptr<grpc::ChannelCredentials>& credentials = grpc::InsecureChannelCredentials());

  Answer<v1::AssetGroup> CreateGroup(const std::string& display_name, const std::string& request_id = "");
  Answer<v1::AssetGroup> CreateGroup(const v1::CreateAssetGroupRequest& request);
  Answer<v1::AssetGroup> GetGroup(const std::string& name);
  Answer<v1::ListAssetGroupsResponse> ListGroups(const v1::ListAssetGroupsRequest& request);
  Answer<v1::AssetGroup> UpdateGroup(const v1::UpdateAssetGroupRequest& request);
  grpc::Status DeleteGroup(const std::string& name, bool force);

  Answer<v1::Asset> CreateAsset(const v1::CreateAssetRequest& request);
  Answer<v1::Asset> Upload(const v1::UploadAssetRequest::Metadata& metadata, const NextChunk& next);
  Answer<v1::Asset> Upload(const v1::UploadAssetRequest::Metadata& metadata, const std::string& bytes);
  // Sends `bytes`, then breaks the stream off instead of ending it.
  grpc::Status CutUpload(const v1::UploadAssetRequest::Metadata& metadata, const std::string& bytes);
  Answer<v1::BatchCreateAssetsResponse> BatchCreateAssets(const v1::BatchCreateAssetsRequest& request);
  Answer<v1::Asset> GetAsset(const std::string& name);
  Answer<v1::Asset> UpdateAsset(const v1::UpdateAssetRequest& request);
  grpc::Status DeleteAsset(const std::string& name);
  Answer<v1::ListAssetsResponse> ListAssets(const v1::ListAssetsRequest& request);
  Answer<v1::LibraryUsage> LibraryUsage(const std::string& upstream = "");
  AssetStream WatchAsset(const std::string& name, const std::string& resume_token = "");

  Answer<v1::GenerationTask> CreateTask(const v1::GenerationTask& task, const std::string& request_id = "");
  Answer<v1::GenerationTask> CreateTask(const v1::CreateGenerationTaskRequest& request);
  Answer<v1::ListGenerationTasksResponse> ListTasks(const v1::ListGenerationTasksRequest& request);
  Answer<v1::GenerationTask> GetTask(const std::string& name);
  Answer<v1::GenerationTask> CancelTask(const std::string& name, bool detach = false);
  grpc::Status DeleteTask(const std::string& name);
  Answer<v1::ReconcileGenerationTaskResponse> Reconcile(const v1::ReconcileGenerationTaskRequest& request);

  // Reads to the end of the stream. `on_message` is called with each message; false cancels the stream.
  using OnMessage = std::function<bool(const v1::WatchGenerationTaskResponse&)>;
  TaskStream WatchTask(const std::string& name, const std::string& resume_token = "",
                       const OnMessage& on_message = nullptr);

  Download DownloadResult(const v1::DownloadGenerationResultRequest& request);
  Download DownloadResult(const std::string& name);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // For calls that begin later.
  void SetDeadline(absl::Duration deadline) { deadline_ = deadline; }
  // A context with the token and a deadline.
  std::unique_ptr<grpc::ClientContext> Context() const;

 private:
  absl::Duration deadline_ = absl::Minutes(1);
  const std::string token_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::AssetGroupService::Stub> groups_;
  const std::unique_ptr<v1::AssetService::Stub> assets_;
  const std::unique_ptr<v1::GenerationTaskService::Stub> tasks_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_API_H_
