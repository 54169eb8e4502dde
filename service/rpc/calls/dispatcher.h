#ifndef SEEDANCE_SERVICE_RPC_CALLS_DISPATCHER_H_
#define SEEDANCE_SERVICE_RPC_CALLS_DISPATCHER_H_

#include "service/rpc/calls/method.h"
#include "service/rpc/calls/rpc_context.h"
#include "service/rpc/calls/rpc_stream.h"

namespace seedance::rpc {

// What every RPC goes through, in this order: its connection's limit, its method, its token, the limits of calls and of
// unread answers, the turn to receive, the first message in a bounded time. Only then its method's Start runs. Nothing
// of the caller's message is taken before; gRPC itself holds at most the window of one stream for it.
//
// Refusals: UNIMPLEMENTED (no such method), UNAUTHENTICATED, UNAVAILABLE (the server stops), RESOURCE_EXHAUSTED
// (RetryInfo, QuotaFailure), INVALID_ARGUMENT (no message, or more than one), DEADLINE_EXCEEDED (no whole message in
// time). Each is logged as a call. A peer that does not take its refusals is cut off.
class Dispatcher {
 public:
  // Both outlive it.
  Dispatcher(RpcContext& edge, const Methods& methods) : edge_(edge), methods_(methods) {}

  // For RpcServer.
  void OnCall(RpcStream& stream);

 private:
  RpcContext& edge_;
  const Methods& methods_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_DISPATCHER_H_
