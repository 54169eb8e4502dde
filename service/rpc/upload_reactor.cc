#include "service/rpc/upload_reactor.h"

#include <utility>

#include "service/base/error.h"
#include "service/rpc/convert_asset.h"
#include "service/rpc/validate_asset.h"

namespace seedance::rpc {

UploadReactor::Base* UploadReactor::Begin(Edge& edge, engine::Assets& assets, grpc::CallbackServerContext* context,
                                          gateway::v1::Asset* response) {
  std::shared_ptr<UploadReactor> self(new UploadReactor(edge, assets, context, response));
  self->self_ = self;
  if (self->call_.admission().ok()) {
    self->ReadNext();
  } else {
    self->End(self->call_.admission());
  }
  return self.get();
}

UploadReactor::UploadReactor(Edge& edge, engine::Assets& assets, grpc::CallbackServerContext* context,
                             gateway::v1::Asset* response)
    : edge_(edge), assets_(assets), grpc_context_(context), response_(response), call_(edge, context, "UploadAsset") {}

void UploadReactor::ReadNext() {
  base::MutexLock lock(mutex_);
  // Under the mutex: no read may begin after Finish.
  if (!finished_) StartRead(&message_);
}

void UploadReactor::OnReadDone(bool ok) {
  if (ok && pipe_ == nullptr) return OnMetadata();
  if (ok) return OnChunk();
  if (pipe_ == nullptr) return End(base::InvalidField("metadata", "is required as the first message"));
  // The caller has ended its stream, or the stream was cut: both look the same here, and a cut stream must never pass
  // for a whole file. Sending something tells them apart, for it fails on a stream that was cut.
  base::MutexLock lock(mutex_);
  if (!finished_) StartSendInitialMetadata();
}

void UploadReactor::OnSendInitialMetadataDone(bool ok) {
  if (ok && !grpc_context_->IsCancelled()) {
    pipe_->Close();
  } else {
    BreakOff(call_.Gone());
  }
}

void UploadReactor::OnMetadata() {
  if (!message_.has_metadata()) return End(base::InvalidField("metadata", "is required as the first message"));
  engine::UploadAssetParams params = ReadMetadata(message_.metadata());
  {
    // OnCancel, which may run now, reads them for the log.
    base::MutexLock lock(mutex_);
    if (finished_) return;
    call_.set_request_id(params.request_id);
    call_.set_resource(message_.metadata().asset().asset_group());
  }
  pipe_ = std::make_shared<BytePipe>(params.size_bytes, edge_.options().stall_limit, edge_.clock(),
                                     [weak = weak_from_this()] {
                                       if (auto self = weak.lock()) self->ReadNext();
                                     });
  call_.context().cancel->OnCancel([pipe = pipe_, gone = call_.Gone()] { pipe->Abort(gone); });
  auto work = [self = shared_from_this(), params = std::move(params)] {
    self->assets_.Upload(self->call_.context(), params, self->pipe_,
                         [self](absl::StatusOr<model::Asset> asset) { self->OnAnswer(std::move(asset)); });
  };
  // The transfer thread asks for the first chunk when it begins: until then the bytes stay with the caller.
  if (!edge_.calls().Submit(std::move(work))) End(CallPoolFull());
}

void UploadReactor::OnChunk() {
  if (const absl::Status fault = CheckChunk(message_); !fault.ok()) {
    {
      base::MutexLock lock(mutex_);
      fault_ = fault;
    }
    return BreakOff(fault);
  }
  if (pipe_->Push(std::move(*message_.mutable_chunk()))) ReadNext();
}

void UploadReactor::OnAnswer(absl::StatusOr<model::Asset> asset) {
  absl::Status status = asset.status();
  {
    base::MutexLock lock(mutex_);
    if (finished_) return;
    finished_ = true;
    if (!status.ok() && !fault_.ok()) status = fault_;
    if (status.ok()) {
      ToProto(*asset, response_);
      call_.set_resource(response_->name());
    }
  }
  Finish(call_.End(status));
}

// The engine answers soon after; the answer ends the stream.
void UploadReactor::BreakOff(const absl::Status& status) {
  pipe_->Abort(status);  // Before the token's callback does it with another status.
  call_.Cancel();
}

void UploadReactor::OnCancel() {
  call_.Cancel();
  End(call_.Gone());
}

void UploadReactor::End(const absl::Status& status) {
  {
    base::MutexLock lock(mutex_);
    if (finished_) return;
    finished_ = true;
  }
  Finish(call_.End(status));
}

}  // namespace seedance::rpc
