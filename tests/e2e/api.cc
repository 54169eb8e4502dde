#include "tests/e2e/api.h"

#include <utility>

namespace seedance::e2e {
namespace {

constexpr size_t kChunkBytes = 256 << 10;

std::string TrailerToken(const grpc::ClientContext& context) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find("resume-token");
  return found == trailers.end() ? "" : std::string(found->second.data(), found->second.size());
}

// Reads a watch stream to its end.
template <typename Response>
Stream<Response> ReadAll(grpc::ClientContext& context, std::unique_ptr<grpc::ClientReader<Response>> reader,
                         const std::function<bool(const Response&)>& on_message) {
  Stream<Response> stream;
  Response message;
  while (reader->Read(&message)) {
    stream.messages.push_back(message);
    if (!message.resume_token().empty()) stream.resume_token = message.resume_token();
    if (on_message && !on_message(message)) context.TryCancel();
  }
  stream.status = reader->Finish();
  stream.trailer_token = TrailerToken(context);
  return stream;
}

// One unary call.
template <typename Response, typename Stub, typename Request>
Answer<Response> Call(const Api& api, Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  Answer<Response> answer;
  answer.status = (stub.*method)(api.Context().get(), request, &answer.value);
  return answer;
}

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

}  // namespace

Api::Api(const std::string& endpoint, std::string token, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : token_(std::move(token)),
      channel_([&] {
        grpc::ChannelArguments arguments;
        // Tests restart the gateway: a new connection is not to wait for gRPC's back-off, nor to share another's.
        arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
        // Not GRPC_ARG_MIN_RECONNECT_BACKOFF_MS: that is the time for a TLS handshake, which a slow machine needs.
        arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        // On a fast connection gRPC takes megabytes ahead of a reader, and none would ever seem slow.
        arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
        return grpc::CreateCustomChannel(endpoint, credentials, arguments);
      }()),
      groups_(v1::AssetGroupService::NewStub(channel_)),
      assets_(v1::AssetService::NewStub(channel_)),
      tasks_(v1::GenerationTaskService::NewStub(channel_)) {}

std::unique_ptr<grpc::ClientContext> Api::Context() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + deadline_));
  if (!token_.empty()) context->AddMetadata("authorization", "Bearer " + token_);
  return context;
}

Answer<v1::AssetGroup> Api::CreateGroup(const std::string& display_name, const std::string& request_id) {
  v1::CreateAssetGroupRequest request;
  request.mutable_asset_group()->set_display_name(display_name);
  request.set_request_id(request_id);
  return Call(*this, *groups_, &v1::AssetGroupService::Stub::CreateAssetGroup, request);
}

Answer<v1::AssetGroup> Api::CreateGroup(const v1::CreateAssetGroupRequest& request) {
  return Call(*this, *groups_, &v1::AssetGroupService::Stub::CreateAssetGroup, request);
}

Answer<v1::AssetGroup> Api::GetGroup(const std::string& name) {
  return Call(*this, *groups_, &v1::AssetGroupService::Stub::GetAssetGroup, Named<v1::GetAssetGroupRequest>(name));
}

Answer<v1::ListAssetGroupsResponse> Api::ListGroups(const v1::ListAssetGroupsRequest& request) {
  return Call(*this, *groups_, &v1::AssetGroupService::Stub::ListAssetGroups, request);
}

Answer<v1::AssetGroup> Api::UpdateGroup(const v1::UpdateAssetGroupRequest& request) {
  return Call(*this, *groups_, &v1::AssetGroupService::Stub::UpdateAssetGroup, request);
}

grpc::Status Api::DeleteGroup(const std::string& name, bool force) {
  auto request = Named<v1::DeleteAssetGroupRequest>(name);
  request.set_force(force);
  return Call(*this, *groups_, &v1::AssetGroupService::Stub::DeleteAssetGroup, request).status;
}

Answer<v1::Asset> Api::CreateAsset(const v1::CreateAssetRequest& request) {
  return Call(*this, *assets_, &v1::AssetService::Stub::CreateAsset, request);
}

Answer<v1::BatchCreateAssetsResponse> Api::BatchCreateAssets(const v1::BatchCreateAssetsRequest& request) {
  return Call(*this, *assets_, &v1::AssetService::Stub::BatchCreateAssets, request);
}

Answer<v1::Asset> Api::Upload(const v1::UploadAssetRequest::Metadata& metadata, const NextChunk& next) {
  Answer<v1::Asset> answer;
  const auto context = Context();
  const auto writer = assets_->UploadAsset(context.get(), &answer.value);
  v1::UploadAssetRequest message;
  *message.mutable_metadata() = metadata;
  bool open = writer->Write(message);
  // A server that refuses ends the stream early; Finish then says why.
  for (std::string chunk = next(); open && !chunk.empty(); chunk = next()) {
    message.set_chunk(std::move(chunk));
    open = writer->Write(message);
  }
  writer->WritesDone();
  answer.status = writer->Finish();
  return answer;
}

Answer<v1::Asset> Api::Upload(const v1::UploadAssetRequest::Metadata& metadata, const std::string& bytes) {
  size_t at = 0;
  return Upload(metadata, [&] {
    std::string chunk = bytes.substr(at, kChunkBytes);
    at += chunk.size();
    return chunk;
  });
}

grpc::Status Api::CutUpload(const v1::UploadAssetRequest::Metadata& metadata, const std::string& bytes) {
  v1::Asset unused;
  const auto context = Context();
  const auto writer = assets_->UploadAsset(context.get(), &unused);
  v1::UploadAssetRequest message;
  *message.mutable_metadata() = metadata;
  writer->Write(message);
  message.set_chunk(bytes);
  writer->Write(message);
  context->TryCancel();
  return writer->Finish();
}

Answer<v1::Asset> Api::GetAsset(const std::string& name) {
  return Call(*this, *assets_, &v1::AssetService::Stub::GetAsset, Named<v1::GetAssetRequest>(name));
}

Answer<v1::Asset> Api::UpdateAsset(const v1::UpdateAssetRequest& request) {
  return Call(*this, *assets_, &v1::AssetService::Stub::UpdateAsset, request);
}

grpc::Status Api::DeleteAsset(const std::string& name) {
  return Call(*this, *assets_, &v1::AssetService::Stub::DeleteAsset, Named<v1::DeleteAssetRequest>(name)).status;
}

Answer<v1::ListAssetsResponse> Api::ListAssets(const v1::ListAssetsRequest& request) {
  return Call(*this, *assets_, &v1::AssetService::Stub::ListAssets, request);
}

Answer<v1::LibraryUsage> Api::LibraryUsage(const std::string& upstream) {
  v1::GetLibraryUsageRequest request;
  request.set_upstream(upstream);
  return Call(*this, *assets_, &v1::AssetService::Stub::GetLibraryUsage, request);
}

AssetStream Api::WatchAsset(const std::string& name, const std::string& resume_token) {
  v1::WatchAssetRequest request;
  request.set_name(name);
  request.set_resume_token(resume_token);
  const auto context = Context();
  return ReadAll<v1::WatchAssetResponse>(*context, assets_->WatchAsset(context.get(), request), nullptr);
}

Answer<v1::GenerationTask> Api::CreateTask(const v1::GenerationTask& task, const std::string& request_id) {
  v1::CreateGenerationTaskRequest request;
  *request.mutable_generation_task() = task;
  request.set_request_id(request_id);
  return CreateTask(request);
}

Answer<v1::GenerationTask> Api::CreateTask(const v1::CreateGenerationTaskRequest& request) {
  return Call(*this, *tasks_, &v1::GenerationTaskService::Stub::CreateGenerationTask, request);
}

Answer<v1::ListGenerationTasksResponse> Api::ListTasks(const v1::ListGenerationTasksRequest& request) {
  return Call(*this, *tasks_, &v1::GenerationTaskService::Stub::ListGenerationTasks, request);
}

Answer<v1::GenerationTask> Api::GetTask(const std::string& name) {
  return Call(*this, *tasks_, &v1::GenerationTaskService::Stub::GetGenerationTask,
              Named<v1::GetGenerationTaskRequest>(name));
}

Answer<v1::GenerationTask> Api::CancelTask(const std::string& name, bool detach) {
  auto request = Named<v1::CancelGenerationTaskRequest>(name);
  request.set_detach(detach);
  return Call(*this, *tasks_, &v1::GenerationTaskService::Stub::CancelGenerationTask, request);
}

grpc::Status Api::DeleteTask(const std::string& name) {
  return Call(*this, *tasks_, &v1::GenerationTaskService::Stub::DeleteGenerationTask,
              Named<v1::DeleteGenerationTaskRequest>(name))
      .status;
}

Answer<v1::ReconcileGenerationTaskResponse> Api::Reconcile(const v1::ReconcileGenerationTaskRequest& request) {
  return Call(*this, *tasks_, &v1::GenerationTaskService::Stub::ReconcileGenerationTask, request);
}

TaskStream Api::WatchTask(const std::string& name, const std::string& resume_token, const OnMessage& on_message) {
  v1::WatchGenerationTaskRequest request;
  request.set_name(name);
  request.set_resume_token(resume_token);
  const auto context = Context();
  return ReadAll<v1::WatchGenerationTaskResponse>(*context, tasks_->WatchGenerationTask(context.get(), request),
                                                  on_message);
}

Download Api::DownloadResult(const v1::DownloadGenerationResultRequest& request) {
  Download download;
  const auto context = Context();
  const auto reader = tasks_->DownloadGenerationResult(context.get(), request);
  v1::DownloadGenerationResultResponse message;
  for (bool first = true; reader->Read(&message); first = false) {
    if (first) {
      download.total_size = message.total_size_bytes();
      download.content_type = message.content_type();
    }
    download.bytes += message.data();
  }
  download.status = reader->Finish();
  return download;
}

Download Api::DownloadResult(const std::string& name) {
  v1::DownloadGenerationResultRequest request;
  request.set_name(name);
  return DownloadResult(request);
}

}  // namespace seedance::e2e
