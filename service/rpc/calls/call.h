#ifndef SEEDANCE_SERVICE_RPC_CALLS_CALL_H_
#define SEEDANCE_SERVICE_RPC_CALLS_CALL_H_

#include <grpcpp/server_context.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/base/trace.h"
#include "service/engine/dispatch/call_context.h"
#include "service/rpc/calls/rpc_context.h"

namespace seedance::rpc {

// Error metadata for the log line: the limit that ended the call, named as in `seedance_calls_refused_total`.
//
// Tests: tests/unit/rpc/calls/call_facts_test.cc, tests/unit/rpc/calls/unary_call_test.cc
inline constexpr char kLimitKey[] = "limit";

// State that every RPC has, unary or streaming: tenant, deadline, cancellation, trace, and at the end the log line and
// the status. Owned by the RPC's reactor, which serializes calls of non-const methods.
class Call final : private InflightCall {
 public:
  // Properties of a method.
  struct Traits {
    std::string_view name;  // For example `GetAsset`. Lives as long as the process.
    bool open = false;      // Needs no token.
    // Not a method of the gateway's own services: a stop does not wait for it, and only failures are logged.
    bool auxiliary = false;
  };

  // `context` and `peer` must live until the reactor's OnDone.
  Call(RpcContext& rpc_context, grpc::ServerContext* context, const std::string& peer, const Traits& method);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // OK, or why the call is refused before it starts: shutdown, or not authenticated.
  const absl::Status& admission() const { return admission_; }

  // Context for the engine. Its cancel token is cancelled by Cancel().
  const engine::CallContext& context() const { return context_; }

  RpcContext& rpc_context() const { return rpc_context_; }
  MethodMetrics& metrics() const { return metrics_; }

  // Values for the log line; truncated.
  void set_resource(std::string_view name) { resource_ = std::string(name.substr(0, 200)); }
  void set_request_id(std::string_view id) { request_id_ = std::string(id.substr(0, 36)); }

  // The peer as gRPC writes it.
  const std::string& peer() const { return peer_; }

  // Cancels the call's work because the caller is gone; runs the token's callbacks. Thread-safe.
  void Cancel() { context_.cancel->Cancel(); }

  // Status of a cancelled call: DEADLINE_EXCEEDED after its deadline, otherwise CANCELLED. Thread-safe.
  absl::Status Gone() const;

  // Writes the log line and converts `status`. During a shutdown, adds RetryInfo's delay for the retry policy of the
  // caller's gRPC library. Call it once, last, before the reactor's Finish.
  grpc::Status End(const absl::Status& status);

 private:
  void EndSpan(const absl::Status& status, absl::Time now);
  // Writes the log line of the call.
  void WriteLine(const absl::Status& status, const base::ErrorDetail& detail) const;
  std::string Peer() const override { return peer_; }

  RpcContext& rpc_context_;
  grpc::ServerContext* const grpc_context_;
  const std::string& peer_;
  const Traits method_;
  MethodMetrics& metrics_;
  const absl::Time start_;
  bool entered_ = false;  // Counted in InflightCalls.
  // Tenant, deadline, trace and cancel token.
  engine::CallContext context_;
  base::Span span_;
  absl::Status admission_;
  std::string resource_;
  std::string request_id_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_CALL_H_
