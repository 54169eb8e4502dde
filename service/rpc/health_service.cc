#include "service/rpc/health_service.h"

#include <utility>

#include "grpc/health/v1/health.pb.h"
#include "service/base/error.h"
#include "service/rpc/calls/answer.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {
namespace {

namespace health = grpc::health::v1;

using ServingStatus = health::HealthCheckResponse::ServingStatus;

constexpr char kName[] = "grpc.health.v1.Health";

ServingStatus StatusOf(bool serving) {
  return serving ? health::HealthCheckResponse::SERVING : health::HealthCheckResponse::NOT_SERVING;
}

}  // namespace

// One Watch stream: sends the newest status, with one write in flight.
class HealthWatch final : public Reactor {
 public:
  HealthWatch(HealthService& service, RpcStream& stream, std::unique_ptr<Call> call)
      : service_(service), stream_(stream), call_(std::move(call)) {}

  // Must not block.
  void Tell(ServingStatus status) {
    base::MutexLock lock(mutex_);
    newest_ = status;
    PumpLocked();
  }

  void OnWriteDone(bool ok) override {
    base::MutexLock lock(mutex_);
    writing_ = false;
    stream_.Delivered();
    if (ok) return PumpLocked();
    EndLocked();
  }

  void OnCancel() override {
    base::MutexLock lock(mutex_);
    // Otherwise the end of the write in flight does it.
    if (!writing_) EndLocked();
  }

  void OnThrown(RpcStream& stream) override {
    base::MutexLock lock(mutex_);
    if (!std::exchange(finished_, true)) SendThrown(stream, *call_);
  }

  void OnDone() override { service_.Forget(this); }

 private:
  void EndLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!std::exchange(finished_, true)) SendStatus(stream_, *call_, EndOfCancelled(stream_, *call_));
  }

  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_ || newest_ == sent_) return;
    writing_ = true;
    sent_ = newest_;
    health::HealthCheckResponse response;
    response.set_status(*newest_);
    const grpc::Slice slice = Serialize(response);
    stream_.ExpectDelivery(call_->rpc_context().deadlines(), call_->rpc_context().options().answer_timeout);
    stream_.StartWrite(grpc::ByteBuffer(&slice, 1));
  }

  HealthService& service_;
  RpcStream& stream_;
  const std::unique_ptr<Call> call_;
  base::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<ServingStatus> newest_ ABSL_GUARDED_BY(mutex_);
  std::optional<ServingStatus> sent_ ABSL_GUARDED_BY(mutex_);
};

void HealthService::AddTo(Methods& methods) {
  Method check;
  check.traits = {"Check", /*open=*/true, /*auxiliary=*/true};
  check.kind = RpcKind::kHealthCheck;
  check.start = [this](RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer& bytes) {
    Check(stream, *call, bytes);
  };
  methods.Add(kName, check);
  Method watch = check;
  watch.traits.name = "Watch";
  watch.kind = RpcKind::kHealthWatch;
  watch.start = [this](RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer& bytes) {
    Watch(stream, std::move(call), bytes);
  };
  methods.Add(kName, watch);
}

void HealthService::Shutdown() {
  base::MutexLock lock(mutex_);
  serving_ = false;
  for (HealthWatch* watch : watches_) watch->Tell(StatusOf(serving_));
}

bool HealthService::Knows(const std::string& service) const {
  return service.empty() || methods_.services().count(service) > 0;
}

std::optional<bool> HealthService::Serving(const std::string& service) {
  if (!Knows(service)) return std::nullopt;
  base::MutexLock lock(mutex_);
  return serving_;
}

void HealthService::Check(RpcStream& stream, Call& call, const grpc::ByteBuffer& bytes) {
  health::HealthCheckRequest request;
  if (!ParseRequest(bytes, request)) return SendStatus(stream, call, NotARequest());
  const std::optional<bool> serving = Serving(request.service());
  if (!serving.has_value()) return SendStatus(stream, call, base::ResourceNotFound("service", request.service()));
  health::HealthCheckResponse response;
  response.set_status(StatusOf(*serving));
  SendAnswer(stream, call, response);
}

void HealthService::Watch(RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer& bytes) {
  health::HealthCheckRequest request;
  if (!ParseRequest(bytes, request)) return SendStatus(stream, *call, NotARequest());
  const bool known = Knows(request.service());
  const auto watch = std::make_shared<HealthWatch>(*this, stream, std::move(call));
  stream.SetReactor(watch);
  base::MutexLock lock(mutex_);
  watches_.insert(watch.get());
  watch->Tell(known ? StatusOf(serving_) : health::HealthCheckResponse::SERVICE_UNKNOWN);
}

void HealthService::Forget(HealthWatch* watch) {
  base::MutexLock lock(mutex_);
  watches_.erase(watch);
}

}  // namespace seedance::rpc
