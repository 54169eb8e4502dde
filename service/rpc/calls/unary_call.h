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

// One unary RPC: runs a handler on the call pool, and ends when the handler, or the engine's Done that it passed on,
// answers. Ends at once when the caller is gone; a later answer is dropped. Thread-safe.
template <typename Response>
class UnaryCall final : public Reactor, public std::enable_shared_from_this<UnaryCall<Response>> {
 public:
  using Pointer = std::shared_ptr<UnaryCall>;
  // Runs on a thread of the call pool; may block on the store. Returns an error to refuse the request.
  using Work = absl::AnyInvocable<absl::Status(const Pointer&)>;

  // Takes the RPC over and queues `work`. Ends it with CallPoolFull when the pool is full.
  static void Start(RpcStream& stream, std::unique_ptr<Call> call, Work work) {
    RpcContext& rpc_context = call->rpc_context();
    const Pointer self(new UnaryCall(stream, std::move(call)));
    stream.SetReactor(self);
    rpc_context.calls().Run(
        self->call_->context().tenant, [self, work = std::move(work)]() mutable { self->Run(work); },
        [self](const absl::Status& failed) { self->Fail(failed); });
  }

  // For the handler only.
  Call& call() { return *call_; }

  // Ends the RPC with an error. No effect when it has ended; so for all methods below.
  void Fail(const absl::Status& status) {
    End([&] { SendStatus(stream_, *call_, status); });
  }

  // Ends the RPC with the response that `fill` writes; `fill` may return an error instead. If it throws, the RPC ends
  // with EndOfThrown.
  void Succeed(absl::FunctionRef<absl::Status(Response&, Call&)> fill) {
    End([&] {
      Response response;
      const absl::Status status = fill(response, *call_);
      if (!status.ok()) return SendStatus(stream_, *call_, status);
      SendAnswer(stream_, *call_, response);
    });
  }

  // A Done for the engine that answers this RPC. `fill`: void(const T&, Response&, Call&).
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

  // The same for operations without a result; the response stays empty.
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

  // False: the handler is running, may be writing values for the log line, and ends the RPC afterwards.
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
    // Other answers may have piled up since it was admitted.
    absl::Status refusal = call_->rpc_context().limits().CheckAnswers(stream_.ticket());
    if (refusal.ok()) refusal = work(self);
    if (!refusal.ok()) Fail(refusal);
    {
      base::MutexLock lock(mutex_);
      handling_ = false;
      if (!cancelled_) return;
    }
    EndGone();
  }

  RpcStream& stream_;  // Once finished_ is set, used only by the thread that set it.
  const std::unique_ptr<Call> call_;
  base::Mutex mutex_;
  bool handling_ ABSL_GUARDED_BY(mutex_) = false;  // The handler is running.
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

// A unary method: `handler` of `service` runs on the call pool and ends `rpc`, or passes it on.
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

// The same, but tries `quick` first, on the RPC thread: it fills the response without blocking, or returns false
// without effect.
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
