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

// A piece of messages that many streams may send. gRPC refers to it for each stream that sends it and copies nothing,
// so it is held once, whoever is slow. Thread-safe.
class SharedBytes {
 public:
  explicit SharedBytes(grpc::Slice slice) : slice_(std::move(slice)) {}

  const grpc::Slice& slice() const { return slice_; }

  // What a stream keeps while it sends the piece. As long as any stream does, the bytes count once in the limits, for
  // the tenant of the first.
  std::shared_ptr<void> Charge(CallLimits& limits, const CallLimits::Ticket& ticket) const;

 private:
  const grpc::Slice slice_;
  mutable base::Mutex mutex_;
  mutable std::weak_ptr<void> charge_ ABSL_GUARDED_BY(mutex_);
};

// A message as its pieces, one after the other. Copies share them. Empty: no message.
using SharedMessage = std::vector<std::shared_ptr<const SharedBytes>>;

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
  SharedMessage message;
  SharedMessage heartbeat;  // Repeats the token.
  std::string resume_token;
  bool last = false;  // No message follows.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_WATCH_MESSAGE_H_
