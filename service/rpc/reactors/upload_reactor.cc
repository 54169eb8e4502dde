#include "service/rpc/reactors/upload_reactor.h"

#include <utility>

#include "service/base/error.h"
#include "service/rpc/calls/answer.h"
#include "service/rpc/calls/watch_message.h"
#include "service/rpc/convert/convert_asset.h"
#include "service/rpc/validate/validate_asset.h"

namespace seedance::rpc {

void UploadReactor::Begin(engine::Assets& assets, RpcStream& stream, std::unique_ptr<Call> call,
                          grpc::ByteBuffer first) {
  const std::shared_ptr<UploadReactor> self(new UploadReactor(assets, stream, std::move(call)));
  self->bytes_ = std::move(first);
  stream.SetReactor(self);
  if (!self->bytes_.Valid()) return self->End(base::InvalidField("metadata", "is required as the first message"));
  self->OnMessage();
}

UploadReactor::UploadReactor(engine::Assets& assets, RpcStream& stream, std::unique_ptr<Call> call)
    : rpc_context_(call->rpc_context()), assets_(assets), stream_(stream), call_(std::move(call)) {}

void UploadReactor::ReadNext() {
  base::MutexLock lock(mutex_);
  // Under the mutex: no read may begin after Finish.
  if (!finished_) stream_.StartRead(&bytes_);
}

void UploadReactor::OnMessage() {
  const bool parsed = ParseRequest(bytes_, message_);
  if (pipe_ == nullptr) return parsed ? OnMetadata() : End(NotARequest());
  const absl::Status fault = parsed ? CheckChunk(message_) : NotARequest();
  if (fault.ok()) return OnChunk();
  {
    base::MutexLock lock(mutex_);
    fault_ = fault;
  }
  BreakOff(fault);
}

void UploadReactor::OnReadDone(bool ok) {
  if (ok) return OnMessage();
  // The caller ended its stream, or the stream broke: both look the same here, and a broken stream must never count as
  // a complete file. Sending initial metadata distinguishes them: it fails on a broken stream.
  base::MutexLock lock(mutex_);
  if (!finished_) stream_.StartSendInitialMetadata();
}

void UploadReactor::OnSendInitialMetadataDone(bool ok) {
  if (ok && !stream_.cancelled()) {
    pipe_->Close();
  } else {
    BreakOff(call_->Gone());
  }
}

void UploadReactor::OnMetadata() {
  if (!message_.has_metadata()) return End(base::InvalidField("metadata", "is required as the first message"));
  engine::UploadAssetParams params = ReadMetadata(message_.metadata());
  {
    // OnCancel may run concurrently and read them for the log.
    base::MutexLock lock(mutex_);
    if (finished_) return;
    call_->set_request_id(params.request_id);
    call_->set_resource(message_.metadata().asset().asset_group());
  }
  pipe_ = std::make_shared<BytePipe>(params.size_bytes, rpc_context_.options().stall_limit, rpc_context_.clock(),
                                     [weak = weak_from_this()] {
                                       if (auto self = weak.lock()) self->ReadNext();
                                     });
  call_->context().cancel->OnCancel([pipe = pipe_, gone = call_->Gone()] { pipe->Abort(gone); });
  auto work = [self = shared_from_this(), params = std::move(params)] {
    self->assets_.Upload(self->call_->context(), params, self->pipe_,
                         [self](absl::StatusOr<model::Asset> asset) { self->OnAnswer(std::move(asset)); });
  };
  // The transfer thread requests the first chunk when it starts: until then the bytes stay with the caller.
  rpc_context_.calls().Run(call_->context().tenant, std::move(work),
                           [self = shared_from_this()](const absl::Status& failed) { self->End(failed); });
}

void UploadReactor::OnChunk() {
  if (pipe_->Push(std::move(*message_.mutable_chunk()))) ReadNext();
}

void UploadReactor::OnAnswer(absl::StatusOr<model::Asset> asset) {
  absl::Status status = asset.status();
  {
    base::MutexLock lock(mutex_);
    if (finished_) return;
    finished_ = true;
    if (!status.ok() && !fault_.ok()) status = fault_;
  }
  if (!status.ok()) return SendStatus(stream_, *call_, status);
  try {
    gateway::v1::Asset response;
    ToProto(*asset, &response);
    call_->set_resource(response.name());
    SendAnswer(stream_, *call_, response);
  } catch (...) {
    SendThrown(stream_, *call_);
  }
}

// The engine's answer follows and ends the stream.
void UploadReactor::BreakOff(const absl::Status& status) {
  pipe_->Abort(status);  // Before the token's callback aborts it with another status.
  call_->Cancel();
}

void UploadReactor::OnCancel() {
  call_->Cancel();
  End(call_->Gone());
}

void UploadReactor::OnThrown(RpcStream& stream) {
  {
    base::MutexLock lock(mutex_);
    if (std::exchange(finished_, true)) return;
  }
  SendThrown(stream, *call_);
}

void UploadReactor::End(const absl::Status& status) {
  {
    base::MutexLock lock(mutex_);
    if (finished_) return;
    finished_ = true;
  }
  SendStatus(stream_, *call_, status);
}

}  // namespace seedance::rpc
