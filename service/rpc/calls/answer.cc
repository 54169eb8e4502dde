#include "service/rpc/calls/answer.h"

#include "service/base/error.h"
#include "service/rpc/calls/call_pool.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {
namespace {

void Answer(RpcStream& stream, Call& call, const google::protobuf::MessageLite& answer) {
  RpcContext& rpc_context = call.rpc_context();
  const grpc::Slice slice = Serialize(answer);
  rpc_context.limits().Charge(stream.ticket(), slice.size());
  stream.ExpectDelivery(rpc_context.deadlines(), rpc_context.options().answer_timeout);
  (void)call.End(absl::OkStatus());
  stream.Answer(grpc::ByteBuffer(&slice, 1));
}

void Finish(RpcStream& stream, Call& call, const absl::Status& status) {
  stream.ExpectDelivery(call.rpc_context().deadlines(), call.rpc_context().options().answer_timeout);
  stream.Finish(call.End(status));
}

}  // namespace

// Must not fail: a call that never ends would block RpcServer::Stop for ever.

void SendAnswer(RpcStream& stream, Call& call, const google::protobuf::MessageLite& answer) {
  try {
    Answer(stream, call, answer);
  } catch (...) {
    SendThrown(stream, call);
  }
}

void SendStatus(RpcStream& stream, Call& call, const absl::Status& status) {
  try {
    Finish(stream, call, status);
  } catch (...) {
    stream.Abandon();
  }
}

void SendThrown(RpcStream& stream, Call& call) {
  try {
    Finish(stream, call, EndOfThrown());
  } catch (...) {
    stream.Abandon();
  }
}

absl::Status EndOfCancelled(const RpcStream& stream, const Call& call) {
  if (!stream.overdue()) return call.Gone();
  base::ErrorDetail detail;
  detail.reason = base::Reason::kDeadlineExceeded;
  detail.metadata.emplace(kLimitKey, "answer_timeout");
  return base::MakeError("the caller did not read the answer in time", detail);
}

}  // namespace seedance::rpc
