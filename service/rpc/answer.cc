#include "service/rpc/answer.h"

#include "service/rpc/watch_message.h"

namespace seedance::rpc {

void SendAnswer(RpcStream& stream, Call& call, const google::protobuf::MessageLite& answer) {
  Edge& edge = call.edge();
  const grpc::Slice slice = Serialize(answer);
  edge.limits().Charge(stream.ticket(), slice.size());
  stream.ExpectDelivery(edge.answer_deadlines(), edge.options().answer_timeout);
  (void)call.End(absl::OkStatus());
  stream.Answer(grpc::ByteBuffer(&slice, 1));
}

void SendStatus(RpcStream& stream, Call& call, const absl::Status& status) {
  stream.ExpectDelivery(call.edge().answer_deadlines(), call.edge().options().answer_timeout);
  stream.Finish(call.End(status));
}

}  // namespace seedance::rpc
