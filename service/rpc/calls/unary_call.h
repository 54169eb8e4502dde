#ifndef SEEDANCE_SERVICE_RPC_CALLS_UNARY_CALL_H_
#define SEEDANCE_SERVICE_RPC_CALLS_UNARY_CALL_H_

#include <memory>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/call_context.h"
#include "service/rpc/calls/answer.h"
#include "service/rpc/calls/call.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/rpc_stream.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {

// One unary RPC: runs a handler on the call pool and finishes when the handler, or the engine's Done that it passed on,
// answers. When the caller goes away the RPC ends at once; a later answer is dropped.
template <typename Response>
class UnaryCall final : public Reactor, public std::enable_shared_from_this<UnaryCall<Response>> {
 public:
  using Pointer = std::shared_ptr<UnaryCall>;
  // Runs on a thread of the call pool, may block on the store. Returns why the request is refused, if it is.
  using Work = absl::AnyInvocable<absl::Status(const Pointer&)>;

  static void Start(RpcStream& stream, std::unique_ptr<Call> call, Work work) {
    RpcContext& edge = call->edge();
    const Pointer self(new UnaryCall(stream, std::move(call)));
    stream.SetReactor(self);
    edge.calls().Run(
        self->call_->context().tenant, [self, work = std::move(work)]() mutable { self->Run(work); },
        [self](const absl::Status& failed) { self->Fail(failed); });
  }

  // Only for the handler.
  Call& call() { return *call_; }

  // Ends the RPC with an error.
  void Fail(const absl::Status& status) {
    End([&] { SendStatus(stream_, *call_, status); });
  }

  // Ends the RPC with what `fill` writes into the response; `fill` may refuse with an error. It may throw: then the RPC
  // ends with EndOfThrown.
  void Succeed(absl::FunctionRef<absl::Status(Response&, Call&)> fill) {
    End([&] {
      Response response;
      const absl::Status status = fill(response, *call_);
      if (!status.ok()) return SendStatus(stream_, *call_, status);
      SendAnswer(stream_, *call_, response);
    });
  }

  // An engine's Done that answers this RPC. `fill`: void(const T&, Response&, Call&).
  template <typename T, typename Fill>
  engine::Done<T> Then(Fill fill) {
    return [self = this->shared_from_this(), fill](absl::StatusOr<T> result) {
      if (!result.ok()) return self->Fail(result.status());
      self->Succeed([&](Response& response, Call& call) {
        fill(*result, response, call);
        return absl::OkStatus();
      });
    };
  }

  // The same for operations that answer nothing; the response stays empty.
  engine::Done<engine::Nothing> ThenNothing() {
    return Then<engine::Nothing>([](const engine::Nothing&, Response&, Call&) {});
  }

  void OnCancel() override {
    call_->Cancel();
    if (MarkCancelled()) EndGone();
  }

  void OnThrown(RpcStream& /*stream*/) override {
    if (!MarkCancelled()) return;
    End([this] { SendThrown(stream_, *call_); });
  }

 private:
  UnaryCall(RpcStream& stream, std::unique_ptr<Call> call) : stream_(stream), call_(std::move(call)) {}

  // Ends the RPC by `end`, unless it has ended.
  void End(absl::FunctionRef<void()> end) {
    {
      base::MutexLock lock(mutex_);
      if (std::exchange(finished_, true)) return;
    }
    try {
      end();
    } catch (...) {
      SendThrown(stream_, *call_);
    }
  }

  // False: the handler, which may be writing what the log line says, ends the RPC when it is done.
  bool MarkCancelled() {
    base::MutexLock lock(mutex_);
    cancelled_ = true;
    return !handling_;
  }

  void EndGone() {
    End([this] { SendStatus(stream_, *call_, call_->Gone()); });
  }

  void Run(Work& work) {
    const Pointer self = this->shared_from_this();
    {
      base::MutexLock lock(mutex_);
      if (cancelled_) return;  // It has ended, and the stream may be gone.
      handling_ = true;
    }
    // Since it was admitted, other answers may have piled up.
    absl::Status refusal = call_->edge().limits().CheckAnswers(stream_.ticket());
    if (refusal.ok()) refusal = work(self);
    if (!refusal.ok()) Fail(refusal);
    {
      base::MutexLock lock(mutex_);
      handling_ = false;
      if (!cancelled_) return;
    }
    EndGone();
  }

  RpcStream& stream_;  // Not touched once finished_ is set, but by the one who set it.
  const std::unique_ptr<Call> call_;
  base::Mutex mutex_;
  bool handling_ ABSL_GUARDED_BY(mutex_) = false;  // The handler runs.
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

// The method of a unary RPC: `handler` of `service` runs on the call pool and ends `rpc`, or hands it on.
template <typename Service, typename Request, typename Response>
Method Unary(std::string_view name, Service* service,
             void (Service::*handler)(const Request& request, const std::shared_ptr<UnaryCall<Response>>& rpc)) {
  Method method;
  method.traits.name = name;
  method.start = [service, handler](RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer bytes) {
    // NOLINTNEXTLINE(performance-move-const-arg): gRPC 1.51 copies, newer ones move.
    UnaryCall<Response>::Start(stream, std::move(call), [service, handler, bytes = std::move(bytes)](const auto& rpc) {
      Request request;
      if (!ParseRequest(bytes, request)) return NotARequest();
      (service->*handler)(request, rpc);
      return absl::OkStatus();
    });
  };
  return method;
}

// The same, where `quick` is tried first, on the thread of the RPC: it answers without blocking by filling the
// response, or returns false and has done nothing.
template <typename Service, typename Request, typename Response>
Method QuickUnary(std::string_view name, Service* service,
                  bool (Service::*quick)(const Request& request, Call& call, Response& response),
                  void (Service::*handler)(const Request& request, const std::shared_ptr<UnaryCall<Response>>& rpc)) {
  Method method;
  method.traits.name = name;
  method.start = [service, quick, handler](RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer bytes) {
    Request request;
    if (!ParseRequest(bytes, request)) return SendStatus(stream, *call, NotARequest());
    {
      Response response;
      if ((service->*quick)(request, *call, response)) return SendAnswer(stream, *call, response);
    }
    UnaryCall<Response>::Start(stream, std::move(call),
                               [service, handler, request = std::move(request)](const auto& rpc) {
                                 (service->*handler)(request, rpc);
                                 return absl::OkStatus();
                               });
  };
  return method;
}

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_UNARY_CALL_H_
