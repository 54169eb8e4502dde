#include "tests/bench/stalled_readers.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/client_callback.h>

namespace seedance::bench {

namespace v1 = gateway::v1;

class StalledReaders::Stream : public grpc::ClientReadReactor<v1::WatchGenerationTaskResponse> {
 public:
  Stream(StalledReaders& readers, v1::GenerationTaskService::Stub& stub, const std::string& task) : readers_(readers) {
    request_.set_name(task);
    stub.async()->WatchGenerationTask(&context_, &request_, this);
    AddHold();  // There is never a read that would keep the call.
    StartCall();
  }

  void Cancel() {
    context_.TryCancel();
    RemoveHold();
  }

  void OnReadInitialMetadataDone(bool ok) override {
    if (ok) readers_.OnOpen();
  }
  void OnDone(const grpc::Status&) override { readers_.OnEnd(); }

 private:
  StalledReaders& readers_;
  grpc::ClientContext context_;
  v1::WatchGenerationTaskRequest request_;
};

StalledReaders::StalledReaders(const std::string& endpoint, const std::string& task, int streams) {
  for (int i = 0; i < streams; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 5);
    stubs_.push_back(v1::GenerationTaskService::NewStub(
        grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments)));
    streams_.push_back(std::make_unique<Stream>(*this, *stubs_.back(), task));
  }
}

StalledReaders::~StalledReaders() {
  for (const auto& stream : streams_) stream->Cancel();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ == streams_.size(); });
}

bool StalledReaders::AwaitOpen(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), [this] { return open_ == streams_.size(); });
}

int StalledReaders::ended() {
  std::lock_guard lock(mutex_);
  return static_cast<int>(ended_);
}

void StalledReaders::OnOpen() {
  std::lock_guard lock(mutex_);
  if (++open_ == streams_.size()) changed_.notify_all();
}

void StalledReaders::OnEnd() {
  std::lock_guard lock(mutex_);
  ++ended_;
  changed_.notify_all();
}

}  // namespace seedance::bench
