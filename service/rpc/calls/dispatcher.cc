#include "service/rpc/calls/dispatcher.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {
namespace {

constexpr Call::Traits kUnknownMethod = {"unknown", /*open=*/true, /*auxiliary=*/false};

// Ends an RPC that never reaches its method. Never throws: some callers end the RPCs of others.
void Refuse(RpcStream& stream, Call& call, const absl::Status& status) try {
  RpcContext& rpc_context = call.rpc_context();
  const grpc::Status end = call.End(status);
  if (rpc_context.limits().Refuse(stream.ticket())) {
    stream.ExpectDelivery(rpc_context.deadlines(), rpc_context.options().receive_timeout);
  } else {
    stream.TryCancel();
  }
  stream.Finish(end);
} catch (...) {
  stream.Abandon();
}

absl::Status UnknownMethod(const std::string& path) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kInvalidInput;
  return base::MakeError(absl::StatusCode::kUnimplemented, absl::StrCat("unknown method ", path.substr(0, 200)),
                         detail);
}

// An admitted call whose message has not arrived yet.
class Incoming final : public Reactor,
                       public ReceiveGate::Receiver,
                       public std::enable_shared_from_this<Incoming>,
                       private DeadlineQueue::Item {
 public:
  Incoming(RpcStream& stream, const Method& method, std::unique_ptr<Call> call)
      : stream_(stream), method_(method), rpc_context_(call->rpc_context()), call_(std::move(call)), lane_(Lane()) {}
  ~Incoming() override { rpc_context_.deadlines().Remove(*this); }

  void Begin() {
    rpc_context_.deadlines().Add(*this, patience());
    if (gate().Enter(lane_, shared_from_this()) && !OnPlace()) gate().Leave(lane_);
  }

  bool OnPlace() override {
    base::MutexLock lock(mutex_);
    if (ended_) return false;
    placed_ = true;
    // Under the mutex: nothing may be started after Finish.
    stream_.StartRead(&message_);
    return true;
  }

  void OnPushedOut() override { End(NoTurn()); }

  void OnReadDone(bool ok) override {
    if (!std::exchange(received_, ok || received_)) {
      if (!ok && stream_.cancelled()) return End(call_->Gone());
      if (!ok && method_.one_request) return End(base::InvalidField("request", "no message was sent"));
      if (!method_.one_request) return HandOver();
      base::MutexLock lock(mutex_);
      if (!ended_) stream_.StartRead(&second_);
      return;
    }
    if (ok) return End(base::InvalidField("request", "more than one message was sent"));
    HandOver();
  }

  void OnCancel() override {
    if (!Leave()) return;
    stream_.Finish(call_->End(call_->Gone()));
  }

  void OnThrown(RpcStream& stream) override {
    Leave();
    stream.Abandon();
  }

 private:
  // Key in the receive gate: calls without a token are separated by address.
  std::string Lane() const {
    return method_.traits.open ? CallLimits::AddressOf(stream_.ticket()) : call_->context().tenant;
  }
  ReceiveGate& gate() { return rpc_context_.receiving(method_.traits.open); }
  absl::Duration patience() const { return rpc_context_.receive_patience(method_.traits.open); }

  std::shared_ptr<void> Hold() override { return weak_from_this().lock(); }

  void OnOverdue() override {
    bool placed = false;
    {
      base::MutexLock lock(mutex_);
      if (ended_) return;
      placed = placed_;
    }
    if (!placed) return End(NoTurn());
    rpc_context_.limits().Count(CallLimits::Limit::kReceiveTimeout);
    base::ErrorDetail detail;
    detail.reason = base::Reason::kDeadlineExceeded;
    End(base::MakeError(absl::StrCat("the request did not arrive within ", absl::FormatDuration(patience())), detail));
  }

  absl::Status NoTurn() {
    rpc_context_.limits().Count(CallLimits::Limit::kReceiving);
    base::ErrorDetail detail;
    detail.reason = base::Reason::kQuotaExceeded;
    detail.quota_subject = "gateway:receiving";
    detail.retry_delay = absl::Seconds(1);
    return base::MakeError("too many requests are being received", detail);
  }

  // Returns the place. False: already returned.
  bool Leave() {
    bool placed = false;
    {
      base::MutexLock lock(mutex_);
      if (std::exchange(ended_, true)) return false;
      placed = placed_;
    }
    rpc_context_.deadlines().Remove(*this);
    if (placed) gate().Leave(lane_);
    return true;
  }

  void End(const absl::Status& status) {
    if (Leave()) Refuse(stream_, *call_, status);
  }

  void HandOver() {
    if (!Leave()) return;
    method_.start(stream_, std::move(call_), std::move(message_));
  }

  RpcStream& stream_;
  const Method& method_;
  RpcContext& rpc_context_;
  std::unique_ptr<Call> call_;
  const std::string lane_;
  grpc::ByteBuffer message_;
  grpc::ByteBuffer second_;  // Empty unless the caller sends a second message.
  bool received_ = false;    // The first message has arrived. Used by reads only, which are sequential.
  base::Mutex mutex_;
  bool placed_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

void Dispatcher::OnCall(RpcStream& stream) {
  CallLimits& limits = rpc_context_.limits();
  const std::string& path = stream.context().method();
  absl::Status admission = limits.Connect(stream.ticket(), stream.context().peer());
  const Method* method = methods_.Find(path);
  auto call = std::make_unique<Call>(rpc_context_, &stream.context(), CallLimits::PeerOf(stream.ticket()),
                                     method == nullptr ? kUnknownMethod : method->traits);
  stream.SetMetrics(call->metrics());
  if (method == nullptr) call->set_resource(path);
  if (admission.ok() && method == nullptr) admission = UnknownMethod(path);
  if (admission.ok()) admission = call->admission();
  if (admission.ok()) admission = limits.Admit(stream.ticket(), method->kind, call->context().tenant);
  if (!admission.ok()) return Refuse(stream, *call, admission);
  const auto incoming = std::make_shared<Incoming>(stream, *method, std::move(call));
  stream.SetReactor(incoming);
  incoming->Begin();
}

}  // namespace seedance::rpc
