#include "service/rpc/calls/watch_message.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "service/base/error.h"

namespace seedance::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// Only for slices that are not shared yet.
uint8_t* Writable(const grpc::Slice& slice) { return const_cast<uint8_t*>(slice.begin()); }

}  // namespace

std::shared_ptr<void> SharedBytes::Charge(CallLimits& limits, const CallLimits::Ticket& ticket) const {
  base::MutexLock lock(mutex_);
  std::shared_ptr<void> charge = charge_.lock();
  if (charge == nullptr) charge_ = charge = limits.ChargeShared(ticket, slice_.size());
  return charge;
}

grpc::Slice Serialize(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.ByteSizeLong());
  (void)message.SerializeWithCachedSizesToArray(Writable(slice));
  return slice;
}

grpc::Slice SerializeElement(uint32_t field, const google::protobuf::MessageLite& message) {
  const uint32_t tag = field << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  const auto length = static_cast<uint32_t>(message.ByteSizeLong());
  const grpc::Slice slice(CodedOutputStream::VarintSize32(tag) + CodedOutputStream::VarintSize32(length) + length);
  uint8_t* end = CodedOutputStream::WriteVarint32ToArray(tag, Writable(slice));
  end = CodedOutputStream::WriteVarint32ToArray(length, end);
  (void)message.SerializeWithCachedSizesToArray(end);
  return slice;
}

bool ParseRequest(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& request) {
  // gRPC created the buffer for this call and passes it as const; there is no other reader.
  auto& buffer = const_cast<grpc::ByteBuffer&>(bytes);
  bool parsed = false;
  {
    grpc::ProtoBufferReader reader(&buffer);
    parsed = reader.status().ok() && request.ParseFromZeroCopyStream(&reader);
  }
  buffer.Clear();
  return parsed;
}

absl::Status NotARequest() {
  return base::InvalidField("request", "the message cannot be parsed as a request of this method");
}

}  // namespace seedance::rpc
