#ifndef SEEDANCE_SERVICE_RPC_CALLS_CALL_H_
#define SEEDANCE_SERVICE_RPC_CALLS_CALL_H_

#include <grpcpp/server_context.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/engine/dispatch/call_context.h"
#include "service/rpc/calls/rpc_context.h"

namespace seedance::rpc {

// Metadata of an error, for the log line: the limit that ended the call, named as in `seedance_calls_refused_total`.
inline constexpr char kLimitKey[] = "limit";

// What every RPC passes, unary or stream: who calls, until when, cancellation, trace, and at the end the log line and
// the status. Owned by the RPC's reactor, which serializes the calls of the methods that are not const.
class Call final : private ActiveCall {
 public:
  // How a method is treated.
  struct Traits {
    std::string_view name;  // Short, for example `GetAsset`. Lives as long as the process.
    bool open = false;      // No token is asked for.
    // Not of our own services: a stop does not wait for it, and only what goes wrong is logged.
    bool auxiliary = false;
  };

  // `context` and `peer` outlive the reactor's OnDone, not more.
  Call(RpcContext& edge, grpc::ServerContext* context, const std::string& peer, const Traits& method);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // OK, or why the call is refused before it begins: the server stops, not authenticated.
  const absl::Status& admission() const { return admission_; }

  // For the engine. The cancel token is that of Cancel().
  const engine::CallContext& context() const { return context_; }

  RpcContext& edge() const { return edge_; }

  // For the log line.
  void set_resource(std::string_view name) { resource_ = std::string(name.substr(0, 200)); }
  void set_request_id(std::string_view id) { request_id_ = std::string(id.substr(0, 36)); }

  // The connection, as gRPC writes it.
  const std::string& peer() const { return peer_; }

  // The caller went away. Runs the token's callbacks. Thread-safe.
  void Cancel() { context_.cancel->Cancel(); }

  // How a cancelled call ends: DEADLINE_EXCEEDED when its deadline has passed, else CANCELLED. Thread-safe.
  absl::Status Gone() const;

  // Writes the log line and turns `status` into gRPC's. When the server stops, the retry policy of the caller's gRPC is
  // told to wait as long as RetryInfo says. Call it once, last, before the reactor's Finish.
  grpc::Status End(const absl::Status& status);

 private:
  void WriteLine(const absl::Status& status, const base::ErrorDetail& detail) const;
  std::string Peer() const override { return peer_; }

  RpcContext& edge_;
  grpc::ServerContext* const grpc_context_;
  const std::string& peer_;
  const Traits method_;
  const absl::Time start_;
  bool entered_ = false;  // It counts as under way.
  engine::CallContext context_;
  absl::Status admission_;
  std::string resource_;
  std::string request_id_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_CALL_H_
