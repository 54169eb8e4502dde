#include "client/cpp/client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cpp/attempts.h"
#include "client/cpp/error.h"
#include "client/cpp/request_id.h"

namespace seedance::client {
namespace {

using namespace gateway::v1;  // NOLINT: every name in this file is of that package.

// Random numbers for any thread.
class SystemRandom {
 public:
  double operator()() {
    std::lock_guard lock(state_->mutex);
    return std::uniform_real_distribution<double>(0, 1)(state_->engine);
  }

 private:
  struct State {
    std::mutex mutex;
    std::mt19937_64 engine{std::random_device()()};
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// `what`: for the error.
absl::StatusOr<std::string> ReadPem(const std::string& path, const char* what) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (file && !text.str().empty()) return text.str();
  return absl::FailedPreconditionError(absl::StrCat("cannot read ", what, " ", path));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const ClientOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  if (options.certificate_file.empty() != options.private_key_file.empty()) {
    return absl::FailedPreconditionError("a certificate file and a private key file go together");
  }
  grpc::SslCredentialsOptions ssl;
  const struct {
    const std::string& path;
    const char* what;
    std::string& pem;
  } files[] = {{options.ca_file, "CA file", ssl.pem_root_certs},
               {options.certificate_file, "certificate file", ssl.pem_cert_chain},
               {options.private_key_file, "private key file", ssl.pem_private_key}};
  for (const auto& file : files) {
    if (file.path.empty()) continue;
    absl::StatusOr<std::string> pem = ReadPem(file.path, file.what);
    if (!pem.ok()) return pem.status();
    file.pem = *std::move(pem);
  }
  return grpc::SslCredentials(ssl);
}

grpc::ChannelArguments Arguments(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix(options.user_agent.empty() ? "seedance-client" : options.user_agent);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  const int timeout = static_cast<int>(absl::ToInt64Milliseconds(options.keepalive_timeout));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(absl::ToInt64Milliseconds(options.keepalive_time)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, timeout);
  arguments.SetInt("grpc.http2.ping_timeout_ms", timeout);     // Else newer releases wait a minute.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // A watch only reads: gRPC would stop after two.
  // gRPC's own pause between connection attempts would otherwise grow to two minutes behind the retry policy's back.
  // Not GRPC_ARG_MIN_RECONNECT_BACKOFF_MS: that is the time that a connection attempt may take, TLS handshake and all.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  return arguments;
}

template <typename Request>
void EnsureRequestId(Request& request) {
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
}

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = Credentials(options);
  if (!credentials.ok()) return credentials.status();
  if (!options.timing.now) options.timing.now = [] { return absl::Now(); };
  if (!options.timing.random) options.timing.random = SystemRandom();
  std::shared_ptr<grpc::Channel> channel =
      grpc::CreateCustomChannel(options.endpoint, *credentials, Arguments(options));
  return std::unique_ptr<Client>(new Client(std::move(options), std::move(channel)));
}

Client::Client(ClientOptions options, std::shared_ptr<grpc::Channel> channel)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      groups_(AssetGroupService::NewStub(channel_)),
      assets_(AssetService::NewStub(channel_)),
      creations_(CreationService::NewStub(channel_)),
      tasks_(GenerationTaskService::NewStub(channel_)),
      upstreams_(UpstreamService::NewStub(channel_)),
      health_(grpc::health::v1::Health::NewStub(channel_)) {}

void Client::Prepare(grpc::ClientContext& context, absl::Time deadline) const {
  if (!options_.token.empty()) context.AddMetadata("authorization", "Bearer " + options_.token);
  if (deadline == absl::InfiniteFuture()) return;
  // Through the remaining time, because the injected clock need not be the system's.
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline - options_.timing.now()));
}

absl::Time Client::Deadline(const CallOptions& call, absl::Duration normal) const {
  return options_.timing.now() + call.timeout.value_or(normal);
}

template <typename Response, typename Stub, typename Request>
absl::StatusOr<Response> Client::Unary(Stub& stub,
                                       grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                       const Request& request, const CallOptions& call, absl::Duration timeout,
                                       bool repeat) {
  const absl::Time deadline = Deadline(call, timeout);
  Attempts attempts(options_, call.canceller, deadline);
  while (true) {
    grpc::ClientContext context;
    Prepare(context, deadline);
    Canceller::Attachment attachment(call.canceller, &context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    if (!repeat) return attempts.AfterOnlyCall(status);
    if (const auto end = attempts.AfterCall(status); end.has_value()) return *end;
  }
}

absl::StatusOr<AssetGroup> Client::CreateAssetGroup(CreateAssetGroupRequest request, const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*groups_, &AssetGroupService::Stub::CreateAssetGroup, request, call, options_.write_timeout);
}

absl::StatusOr<AssetGroup> Client::GetAssetGroup(const std::string& name, const CallOptions& call) {
  return Unary(*groups_, &AssetGroupService::Stub::GetAssetGroup, Named<GetAssetGroupRequest>(name), call,
               options_.read_timeout);
}

absl::StatusOr<ListAssetGroupsResponse> Client::ListAssetGroups(const ListAssetGroupsRequest& request,
                                                                const CallOptions& call) {
  return Unary(*groups_, &AssetGroupService::Stub::ListAssetGroups, request, call, options_.read_timeout);
}

absl::StatusOr<AssetGroup> Client::UpdateAssetGroup(UpdateAssetGroupRequest request, const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*groups_, &AssetGroupService::Stub::UpdateAssetGroup, request, call, options_.write_timeout);
}

absl::Status Client::DeleteAssetGroup(DeleteAssetGroupRequest request, const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*groups_, &AssetGroupService::Stub::DeleteAssetGroup, request, call, options_.write_timeout,
               request.allow_missing())
      .status();
}

absl::StatusOr<Asset> Client::CreateAsset(CreateAssetRequest request, const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*assets_, &AssetService::Stub::CreateAsset, request, call, options_.write_timeout);
}

absl::StatusOr<BatchCreateAssetsResponse> Client::BatchCreateAssets(BatchCreateAssetsRequest request,
                                                                    const CallOptions& call) {
  for (gateway::v1::CreateAssetRequest& each : *request.mutable_requests()) EnsureRequestId(each);
  return Unary(*assets_, &AssetService::Stub::BatchCreateAssets, request, call, options_.write_timeout);
}

absl::StatusOr<Asset> Client::GetAsset(const std::string& name, const CallOptions& call) {
  return Unary(*assets_, &AssetService::Stub::GetAsset, Named<GetAssetRequest>(name), call, options_.read_timeout);
}

absl::StatusOr<ListAssetsResponse> Client::ListAssets(const ListAssetsRequest& request, const CallOptions& call) {
  return Unary(*assets_, &AssetService::Stub::ListAssets, request, call, options_.read_timeout);
}

absl::StatusOr<Asset> Client::UpdateAsset(UpdateAssetRequest request, const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*assets_, &AssetService::Stub::UpdateAsset, request, call, options_.write_timeout);
}

absl::StatusOr<gateway::v1::LibraryUsage> Client::GetLibraryUsage(const gateway::v1::GetLibraryUsageRequest& request,
                                                                  const CallOptions& call) {
  return Unary(*assets_, &AssetService::Stub::GetLibraryUsage, request, call, options_.read_timeout);
}

absl::Status Client::DeleteAsset(DeleteAssetRequest request, const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*assets_, &AssetService::Stub::DeleteAsset, request, call, options_.write_timeout,
               request.allow_missing())
      .status();
}

absl::StatusOr<GenerationTask> Client::CreateGenerationTask(CreateGenerationTaskRequest request,
                                                            const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*tasks_, &GenerationTaskService::Stub::CreateGenerationTask, request, call, options_.write_timeout);
}

absl::StatusOr<GenerationTask> Client::GetGenerationTask(const std::string& name, const CallOptions& call) {
  return Unary(*tasks_, &GenerationTaskService::Stub::GetGenerationTask, Named<GetGenerationTaskRequest>(name), call,
               options_.read_timeout);
}

absl::StatusOr<ListGenerationTasksResponse> Client::ListGenerationTasks(const ListGenerationTasksRequest& request,
                                                                        const CallOptions& call) {
  return Unary(*tasks_, &GenerationTaskService::Stub::ListGenerationTasks, request, call, options_.read_timeout);
}

absl::StatusOr<GenerationTask> Client::CancelGenerationTask(CancelGenerationTaskRequest request,
                                                            const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*tasks_, &GenerationTaskService::Stub::CancelGenerationTask, request, call, options_.write_timeout);
}

absl::Status Client::DeleteGenerationTask(DeleteGenerationTaskRequest request, const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*tasks_, &GenerationTaskService::Stub::DeleteGenerationTask, request, call, options_.write_timeout,
               request.allow_missing())
      .status();
}

absl::StatusOr<ReconcileGenerationTaskResponse> Client::ReconcileGenerationTask(ReconcileGenerationTaskRequest request,
                                                                                const CallOptions& call) {
  EnsureRequestId(request);
  return Unary(*tasks_, &GenerationTaskService::Stub::ReconcileGenerationTask, request, call, options_.write_timeout,
               /*repeat=*/false);
}

absl::StatusOr<ListCreationsInDoubtResponse> Client::ListCreationsInDoubt(const ListCreationsInDoubtRequest& request,
                                                                          const CallOptions& call) {
  return Unary(*creations_, &CreationService::Stub::ListCreationsInDoubt, request, call, options_.read_timeout);
}

absl::StatusOr<ReconcileCreationResponse> Client::ReconcileCreation(const ReconcileCreationRequest& request,
                                                                    const CallOptions& call) {
  return Unary(*creations_, &CreationService::Stub::ReconcileCreation, request, call, options_.write_timeout,
               /*repeat=*/false);
}

absl::StatusOr<CountGenerationTasksResponse> Client::CountGenerationTasks(const CountGenerationTasksRequest& request,
                                                                          const CallOptions& call) {
  return Unary(*tasks_, &GenerationTaskService::Stub::CountGenerationTasks, request, call, options_.read_timeout);
}

absl::StatusOr<ListUpstreamsResponse> Client::ListUpstreams(const CallOptions& call) {
  return Unary(*upstreams_, &UpstreamService::Stub::ListUpstreams, ListUpstreamsRequest(), call, options_.read_timeout);
}

absl::StatusOr<ListModelsResponse> Client::ListModels(const std::string& upstream, const CallOptions& call) {
  ListModelsRequest request;
  request.set_upstream(upstream);
  return Unary(*upstreams_, &UpstreamService::Stub::ListModels, request, call, options_.read_timeout);
}

absl::StatusOr<bool> Client::CheckHealth(const std::string& service, const CallOptions& call) {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  const absl::StatusOr<grpc::health::v1::HealthCheckResponse> response =
      Unary(*health_, &grpc::health::v1::Health::Stub::Check, request, call, options_.health_timeout,
            /*repeat=*/false);
  if (!response.ok()) return response.status();
  return response->status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

}  // namespace seedance::client
