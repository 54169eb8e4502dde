#ifndef SEEDANCE_SERVICE_RPC_CALLS_ANSWER_H_
#define SEEDANCE_SERVICE_RPC_CALLS_ANSWER_H_

#include <google/protobuf/message_lite.h>

#include "absl/status/status.h"
#include "service/rpc/calls/call.h"
#include "service/rpc/calls/rpc_stream.h"

namespace seedance::rpc {

// Ends of a call that has reached its method: exactly one is called, last. The bytes of an answer count for the
// caller's tenant until the caller has received them; a call whose answer is not taken within `answer_timeout` is
// cancelled. They never throw: without memory the call ends with a shorter status. Thread-safe.
//
// Tests: tests/unit/rpc/calls/dispatcher_test.cc, tests/unit/rpc/calls/unary_call_test.cc
void SendAnswer(RpcStream& stream, Call& call, const google::protobuf::MessageLite& answer);
void SendStatus(RpcStream& stream, Call& call, const absl::Status& status);
// Inside a catch block: ends the call with EndOfThrown.
void SendThrown(RpcStream& stream, Call& call);

// Status of a stream that was cancelled or cannot be written to, for the log; the caller may not see it.
// DEADLINE_EXCEEDED when the caller did not take in time what was sent, otherwise Call::Gone. Thread-safe.
absl::Status EndOfCancelled(const RpcStream& stream, const Call& call);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_ANSWER_H_
