#ifndef SEEDANCE_SERVICE_RPC_CALLS_DISPATCHER_H_
#define SEEDANCE_SERVICE_RPC_CALLS_DISPATCHER_H_

#include "service/rpc/calls/method.h"
#include "service/rpc/calls/rpc_context.h"
#include "service/rpc/calls/rpc_stream.h"

namespace seedance::rpc {

// The pipeline of every RPC, in this order: limit of the connection, method, token, limits of calls and unread answers,
// place to receive, first message within a bounded time. Only then Start of the method runs. Nothing of the caller's
// message is read before; gRPC itself buffers at most one stream window.
//
// Refusals: UNIMPLEMENTED (no such method), UNAUTHENTICATED, UNAVAILABLE (shutdown), RESOURCE_EXHAUSTED (RetryInfo,
// QuotaFailure), INVALID_ARGUMENT (no message, or more than one), DEADLINE_EXCEEDED (no complete message in time). Each
// is logged as a call. A peer that does not take its refusals is disconnected. Thread-safe.
class Dispatcher {
 public:
  // Both must outlive it.
  Dispatcher(RpcContext& rpc_context, const Methods& methods) : rpc_context_(rpc_context), methods_(methods) {}

  // Handler for RpcServer. Runs on a completion thread, does not block.
  void OnCall(RpcStream& stream);

 private:
  RpcContext& rpc_context_;
  const Methods& methods_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_DISPATCHER_H_
