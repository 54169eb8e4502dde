#ifndef SEEDANCE_SERVICE_RPC_WATCH_MESSAGE_H_
#define SEEDANCE_SERVICE_RPC_WATCH_MESSAGE_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace seedance::rpc {

// Bytes of a message; copies share them.
using MessageBytes = std::shared_ptr<const grpc::ByteBuffer>;

// The message as one slice.
grpc::Slice Serialize(const google::protobuf::MessageLite& message);

// The message as an element of the repeated field `field` of another message: with tag and length in front. A message
// may be put together from such slices in any order.
grpc::Slice SerializeElement(uint32_t field, const google::protobuf::MessageLite& message);

// Reads the request of a raw method and lets its bytes go: they would pin a part of the connection's read buffer for
// as long as the call lasts. False when they are no such message.
bool ParseRequest(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& request);
// INVALID_ARGUMENT: the error when it is false.
absl::Status NotARequest();

// A message of a stream over one resource as all streams share it.
struct SnapshotMessage {
  grpc::ByteBuffer bytes;
  grpc::ByteBuffer heartbeat;  // Repeats the token.
  std::string resume_token;
  bool last = false;  // No message follows.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_WATCH_MESSAGE_H_
