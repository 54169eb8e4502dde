#include "client/cpp/watch.h"

#include <utility>

#include "client/cpp/attempts.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/fresh_token.h"
#include "client/cpp/stream_reader.h"

namespace seedance::client {
namespace {

using gateway::v1::Asset;
using gateway::v1::AssetService;
using gateway::v1::GenerationTask;
using gateway::v1::GenerationTaskService;
using Queue = grpc::CompletionQueue;

struct TaskTraits {
  using Service = GenerationTaskService;
  using Resource = GenerationTask;
  using Request = gateway::v1::WatchGenerationTaskRequest;
  using Response = gateway::v1::WatchGenerationTaskResponse;
  static auto Open(Service::Stub& stub, grpc::ClientContext& context, const Request& request, Queue* queue, void* tag) {
    return stub.AsyncWatchGenerationTask(&context, request, queue, tag);
  }
  static bool Has(const Response& response) { return response.has_generation_task(); }
  static const Resource& Get(const Response& response) { return response.generation_task(); }
  static absl::StatusOr<Resource> Read(Client& client, const std::string& name, const CallOptions& call) {
    return client.GetGenerationTask(name, call);
  }
};

struct AssetTraits {
  using Service = AssetService;
  using Resource = Asset;
  using Request = gateway::v1::WatchAssetRequest;
  using Response = gateway::v1::WatchAssetResponse;
  static auto Open(Service::Stub& stub, grpc::ClientContext& context, const Request& request, Queue* queue, void* tag) {
    return stub.AsyncWatchAsset(&context, request, queue, tag);
  }
  static bool Has(const Response& response) { return response.has_asset(); }
  static const Resource& Get(const Response& response) { return response.asset(); }
  static absl::StatusOr<Resource> Read(Client& client, const std::string& name, const CallOptions& call) {
    return client.GetAsset(name, call);
  }
};

// The gateway had taken the stream up and sends its reader elsewhere.
bool EndedInGoodOrder(const grpc::ClientContext& context, const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         context.GetServerTrailingMetadata().count("resume-token") > 0;
}

// What one watch has read so far.
template <typename Traits>
class Progress {
 public:
  using Resource = typename Traits::Resource;

  Progress(const WatchOptions& options, const std::function<void(const Resource&)>& deliver)
      : options_(options), deliver_(deliver), token_(options.resume_token) {}

  // Takes one message; true after a terminal snapshot.
  bool Take(const typename Traits::Response& response) {
    if (Traits::Has(response)) Deliver(Traits::Get(response));
    if (!response.resume_token().empty() && response.resume_token() != token_) {
      token_ = response.resume_token();
      if (options_.on_token) options_.on_token(token_);
    }
    return ended();
  }

  // A snapshot that is not newer than the last one is dropped: readers are promised each revision once.
  void Deliver(const Resource& resource) {
    if (resource.revision() != 0 && resource.revision() <= last_.revision()) return;
    last_ = resource;
    if (deliver_) deliver_(last_);
  }

  // Goes on in another store, whose revisions do not compare with those seen.
  void StartOver(std::string token) {
    token_ = std::move(token);
    last_.set_revision(0);
  }

  const std::string& token() const { return token_; }
  const Resource& last() const { return last_; }
  bool ended() const { return IsTerminal(last_.state()); }

 private:
  const WatchOptions& options_;
  const std::function<void(const Resource&)>& deliver_;
  std::string token_;
  Resource last_;
};

}  // namespace

bool IsTerminal(GenerationTask::State state) {
  switch (state) {
    case GenerationTask::STATE_SUCCEEDED:
    case GenerationTask::STATE_FAILED:
    case GenerationTask::STATE_CANCELLED:
    case GenerationTask::STATE_EXPIRED:
    case GenerationTask::STATE_LOST:
      return true;
    default:
      return false;
  }
}

bool IsTerminal(Asset::State state) {
  return state == Asset::STATE_ACTIVE || state == Asset::STATE_FAILED || state == Asset::STATE_EXPIRED;
}

template <typename Traits>
absl::StatusOr<typename Traits::Resource> Client::Watch(
    typename Traits::Service::Stub& stub, const std::string& name,
    const std::function<void(const typename Traits::Resource&)>& deliver, const WatchOptions& options) {
  const absl::Time deadline = Deadline(options, absl::InfiniteDuration());
  Attempts attempts(options_, options.canceller, deadline);
  Progress<Traits> progress(options, deliver);
  typename Traits::Request request;
  request.set_name(name);
  bool refreshed = false;  // One fresh token without a message between is enough; a second would mean a loop.
  while (true) {
    request.set_resume_token(progress.token());
    grpc::ClientContext context;
    Prepare(context, deadline);
    Canceller::Attachment attachment(options.canceller, &context);
    StreamReader<typename Traits::Response> reader(context, options_.stream_idle_timeout, [&](Queue* queue, void* tag) {
      return Traits::Open(stub, context, request, queue, tag);
    });
    typename Traits::Response response;
    while (reader.Read(&response)) {
      attempts.Progressed();
      refreshed = false;
      if (progress.Take(response)) return progress.last();
    }
    grpc::Status status = reader.Finish();
    if (attempts.cancelled()) return absl::CancelledError("cancelled by the caller");
    if (attempts.expired()) return absl::DeadlineExceededError("the time for watching is over");
    if (status.ok()) {
      // The terminal state was read before `options.resume_token` was given out, or the server ended too early.
      const absl::StatusOr<typename Traits::Resource> now = Traits::Read(*this, name, options);
      if (!now.ok()) return now.status();
      if (IsTerminal(now->state())) {
        progress.Deliver(*now);
        return *now;
      }
      status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended before the last message");
    }
    if (std::string fresh = FreshToken(status); !fresh.empty() && !refreshed) {
      refreshed = true;
      progress.StartOver(std::move(fresh));
      continue;
    }
    if (EndedInGoodOrder(context, status)) attempts.Progressed();
    if (const auto end = attempts.AfterStream(status, options.on_reconnect); end.has_value()) return *end;
  }
}

absl::StatusOr<Asset> Client::WatchAsset(const std::string& name, const AssetCallback& on_snapshot,
                                         const WatchOptions& options) {
  return Watch<AssetTraits>(*assets_, name, on_snapshot, options);
}

absl::StatusOr<GenerationTask> Client::WatchGenerationTask(const std::string& name, const TaskCallback& on_snapshot,
                                                           const WatchOptions& options) {
  return Watch<TaskTraits>(*tasks_, name, on_snapshot, options);
}

}  // namespace seedance::client
