#ifndef SEEDANCE_TESTS_UNIT_RPC_RAW_CALL_H_
#define SEEDANCE_TESTS_UNIT_RPC_RAW_CALL_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

namespace seedance::rpc {

// One RPC of any method whose messages are any bytes. Blocks at each step. Test code only.
class RawCall {
 public:
  RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, const std::string& token = "")
      : stub_(channel) {
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
    stream_ = stub_.PrepareCall(&context_, path, &queue_);
    stream_->StartCall(this);
    (void)Await();
  }
  ~RawCall() {
    context_.TryCancel();
    if (!finished_) (void)End();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Write(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    stream_->Write(grpc::ByteBuffer(&slice, 1), this);
    return Await();
  }
  bool WritesDone() {
    stream_->WritesDone(this);
    return Await();
  }
  // False: no message follows.
  bool Read(std::string* bytes) {
    grpc::ByteBuffer buffer;
    stream_->Read(&buffer, this);
    if (!Await()) return false;
    std::vector<grpc::Slice> slices;
    (void)buffer.Dump(&slices);
    bytes->clear();
    for (const grpc::Slice& slice : slices) bytes->append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return true;
  }
  // Drops the messages that are left.
  grpc::Status End() {
    std::string dropped;
    while (Read(&dropped)) {
    }
    finished_ = true;
    grpc::Status status;
    stream_->Finish(&status, this);
    (void)Await();
    return status;
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool finished_ = false;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_TESTS_UNIT_RPC_RAW_CALL_H_
