#include "tests/e2e/health.h"

#include <grpcpp/generic/generic_stub.h>

#include <vector>

namespace seedance::e2e {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Watch";

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// HealthCheckResponse has one field, number 1, a small enum: two bytes, or none for UNKNOWN.
HealthState StateOf(const std::string& bytes) {
  return bytes.size() == 2 && bytes[0] == 0x08 ? static_cast<HealthState>(bytes[1]) : HealthState::kUnknown;
}

// One operation at a time on a queue of its own.
bool Await(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

HealthWatch::HealthWatch(const std::string& endpoint)
    : channel_(grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials())), thread_([this] { Run(); }) {}

HealthWatch::~HealthWatch() {
  context_.TryCancel();
  if (thread_.joinable()) thread_.join();
}

bool HealthWatch::SawNotServing() {
  if (thread_.joinable()) thread_.join();
  return not_serving_;
}

void HealthWatch::Run() {
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel_);
  const auto stream = stub.PrepareCall(&context_, kMethod, &queue);
  void* const tag = this;
  stream->StartCall(tag);
  bool usable = Await(queue);
  const grpc::Slice nothing;
  const grpc::ByteBuffer all_services(&nothing, 1);  // HealthCheckRequest without a name.
  if (usable) {
    stream->WriteLast(all_services, grpc::WriteOptions(), tag);
    usable = Await(queue);
  }
  grpc::ByteBuffer message;
  while (usable) {
    stream->Read(&message, tag);
    usable = Await(queue);
    if (!usable) break;
    last_ = StateOf(BytesOf(message));
    if (last_ == HealthState::kNotServing) not_serving_ = true;
  }
  grpc::Status status;
  stream->Finish(&status, tag);
  (void)Await(queue);
  queue.Shutdown();
}

}  // namespace seedance::e2e
