#ifndef SEEDANCE_SERVICE_RPC_UNARY_CALL_H_
#define SEEDANCE_SERVICE_RPC_UNARY_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/engine/call_context.h"
#include "service/rpc/call.h"

namespace seedance::rpc {

// One unary RPC: answers at once, or runs a handler on the call pool and finishes when the handler, or the engine's
// Done that it passed on, answers. When the caller goes away the RPC ends at once; a later answer is dropped.
template <typename Response>
class UnaryCall final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<UnaryCall<Response>> {
 public:
  using Pointer = std::shared_ptr<UnaryCall>;
  // Runs on a thread of the call pool, may block on the store. The request may be read until it returns.
  using Handler = absl::AnyInvocable<void(const Pointer&)>;

  // Answers without blocking, by filling the response. Else returns false and has done nothing. Runs on gRPC's thread.
  using Quick = absl::FunctionRef<bool(Call&, Response&)>;

  // What a callback method returns: `quick` is tried first, then the handler runs.
  static grpc::ServerUnaryReactor* Start(Edge& edge, grpc::CallbackServerContext* context, std::string_view method,
                                         Response* response, Handler handler, Quick quick = Never) {
    auto call = std::make_unique<Call>(edge, context, method);
    if (call->admission().ok() && quick(*call, *response)) {
      // gRPC ends this reactor on the thread where it is, all others by way of another thread.
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(call->End(absl::OkStatus()));
      return reactor;
    }
    Pointer self(new UnaryCall(std::move(call), response));
    self->self_ = self;
    if (!self->call().admission().ok()) {
      self->Fail(self->call().admission());
    } else if (!edge.calls().Submit([self, handler = std::move(handler)]() mutable { self->Run(handler); })) {
      self->Fail(CallPoolFull());
    }
    return self.get();
  }

  // Only for the handler.
  Call& call() { return *call_; }

  // Ends the RPC with an error.
  void Fail(const absl::Status& status) {
    {
      base::MutexLock lock(mutex_);
      if (finished_) return;
      finished_ = true;
    }
    Finish(status);
  }

  // Ends the RPC with what `fill` writes into the response; `fill` may refuse with an error.
  void Succeed(absl::AnyInvocable<absl::Status(Response&, Call&)> fill) {
    absl::Status status;
    {
      base::MutexLock lock(mutex_);
      if (finished_) return;
      finished_ = true;
      status = fill(*response_, *call_);
    }
    Finish(status);
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
    {
      base::MutexLock lock(mutex_);
      cancelled_ = true;
      // The handler reads the request, which dies with the RPC.
      if (finished_ || !handled_) return;
      finished_ = true;
    }
    Finish(call_->Gone());
  }

  void OnDone() override { self_.reset(); }

 private:
  static bool Never(Call&, Response&) { return false; }

  UnaryCall(std::unique_ptr<Call> call, Response* response) : call_(std::move(call)), response_(response) {}

  // Once, by the one who set finished_.
  void Finish(const absl::Status& status) { grpc::ServerUnaryReactor::Finish(call_->End(status)); }

  void Run(Handler& handler) {
    const Pointer self = this->shared_from_this();
    if (!call_->context().cancel->cancelled()) handler(self);
    {
      base::MutexLock lock(mutex_);
      handled_ = true;
      if (finished_ || !cancelled_) return;
      finished_ = true;
    }
    Finish(call_->Gone());
  }

  const std::unique_ptr<Call> call_;
  base::Mutex mutex_;
  Response* const response_;  // Written before the RPC finishes, not later.
  bool handled_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  Pointer self_;  // Until OnDone.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_UNARY_CALL_H_
