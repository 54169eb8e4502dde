#ifndef SEEDANCE_SERVICE_RPC_CALLS_WATCH_MESSAGE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_WATCH_MESSAGE_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "service/base/mutex.h"
#include "service/rpc/calls/call_limits.h"

namespace seedance::rpc {

// A piece of messages that many streams send. gRPC references it per stream without copying, so it is held once.
// Thread-safe.
//
// Tests: tests/unit/rpc/calls/call_limits_test.cc, tests/unit/rpc/reactors/watch_test.cc
class SharedBytes {
 public:
  explicit SharedBytes(grpc::Slice slice) : slice_(std::move(slice)) {}

  const grpc::Slice& slice() const { return slice_; }

  // A token to hold while a stream sends the piece. While any exists, the bytes count once in the limits, for the
  // tenant of the first stream.
  std::shared_ptr<void> Charge(CallLimits& limits, const CallLimits::Ticket& ticket) const;

 private:
  const grpc::Slice slice_;
  mutable base::Mutex mutex_;
  mutable std::weak_ptr<void> charge_ ABSL_GUARDED_BY(mutex_);
};

// A message as consecutive pieces, shared between copies. Empty: no message.
using SharedMessage = std::vector<std::shared_ptr<const SharedBytes>>;

// The message as one slice.
grpc::Slice Serialize(const google::protobuf::MessageLite& message);

// The message as an element of the repeated field `field` of an enclosing message, with tag and length. Such slices can
// be concatenated in any order.
grpc::Slice SerializeElement(uint32_t field, const google::protobuf::MessageLite& message);

// Parses a request and releases its bytes, which would otherwise pin a part of the connection's read buffer for the
// whole call. False: not such a message.
bool ParseRequest(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& request);
// INVALID_ARGUMENT, for ParseRequest returning false.
absl::Status NotARequest();

// A message of a single-resource stream, shared by all its streams.
struct SnapshotMessage {
  SharedMessage message;
  SharedMessage heartbeat;  // Repeats the token.
  std::string resume_token;
  bool last = false;  // No message follows.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_WATCH_MESSAGE_H_
