#ifndef SEEDANCE_SERVICE_RPC_CALLS_ANSWER_H_
#define SEEDANCE_SERVICE_RPC_CALLS_ANSWER_H_

#include <google/protobuf/message_lite.h>

#include "absl/status/status.h"
#include "service/rpc/calls/call.h"
#include "service/rpc/calls/rpc_stream.h"

namespace seedance::rpc {

// The ends of a call that reached its method: one of them is called, once and last. The bytes of an answer count for
// the caller's tenant until the caller has them; one that has not taken all of them after `answer_timeout` is
// cancelled. They never throw: without memory for it the call ends with a shorter status.
void SendAnswer(RpcStream& stream, Call& call, const google::protobuf::MessageLite& answer);
void SendStatus(RpcStream& stream, Call& call, const absl::Status& status);
// In the handler of an exception: ends the call with EndOfThrown.
void SendThrown(RpcStream& stream, Call& call);

// What a stream ends with that was cancelled or cannot be written to. The caller may not see it; the log does.
// DEADLINE_EXCEEDED when the caller did not take in time what was sent, else as Call::Gone. Thread-safe.
absl::Status EndOfCancelled(const RpcStream& stream, const Call& call);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_ANSWER_H_
