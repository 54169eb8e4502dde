#ifndef SEEDANCE_SERVICE_RPC_CALL_H_
#define SEEDANCE_SERVICE_RPC_CALL_H_

#include <grpcpp/server_context.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/engine/call_context.h"
#include "service/rpc/edge.h"

namespace seedance::rpc {

// RESOURCE_EXHAUSTED: the call pool's queue is full.
absl::Status CallPoolFull();

// What every RPC passes, unary or stream: who calls, until when, cancellation, trace, and at the end the log line and
// the status. Owned by the RPC's reactor, which serializes the calls of the methods that are not const.
class Call final : private ActiveCall {
 public:
  // `method` is the short name, for example `GetAsset`. `context` outlives the reactor's OnDone, not more.
  Call(Edge& edge, grpc::CallbackServerContext* context, std::string_view method);

  // OK, or why the call is refused before it begins: the server stops, not authenticated.
  const absl::Status& admission() const { return admission_; }

  // For the engine. The cancel token is that of Cancel().
  const engine::CallContext& context() const { return context_; }

  Edge& edge() const { return edge_; }

  // For the log line.
  void set_resource(std::string_view name) { resource_ = std::string(name.substr(0, 200)); }
  void set_request_id(std::string_view id) { request_id_ = std::string(id.substr(0, 36)); }

  // The caller went away. Runs the token's callbacks. Thread-safe.
  void Cancel() { context_.cancel->Cancel(); }

  // How a cancelled call ends: DEADLINE_EXCEEDED when its deadline has passed, else CANCELLED. Thread-safe.
  absl::Status Gone() const;

  // Writes the log line and turns `status` into gRPC's. When the server stops, the retry policy of the caller's gRPC is
  // told to wait as long as RetryInfo says. Call it once, last, before the reactor's Finish.
  grpc::Status End(const absl::Status& status);

 private:
  std::string Peer() const override { return grpc_context_->peer(); }

  Edge& edge_;
  grpc::CallbackServerContext* const grpc_context_;
  const std::string_view method_;
  const absl::Time start_;
  const bool entered_;  // It counts as under way.
  engine::CallContext context_;
  absl::Status admission_;
  std::string resource_;
  std::string request_id_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALL_H_
