#include "service/rpc/reactors/download_reactor.h"

#include <utility>

#include "service/rpc/calls/answer.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {

void DownloadReactor::Begin(engine::Downloads& downloads, RpcStream& stream, std::unique_ptr<Call> call,
                            absl::StatusOr<engine::DownloadParams> params) {
  const std::shared_ptr<DownloadReactor> self(new DownloadReactor(stream, std::move(call)));
  // Before SetReactor: OnCancel may then read it for the log.
  if (params.ok()) self->call_->set_resource(model::GenerationTaskName(params->task_id));
  stream.SetReactor(self);
  if (!params.ok()) return self->End(params.status(), /*at_once=*/true);
  self->call_->context().cancel->OnCancel([weak = self->weak_from_this()] {
    if (auto reactor = weak.lock()) reactor->LetGo();
  });
  auto work = [self, &downloads, params = *std::move(params)] {
    downloads.Start(self->call_->context(), params, self,
                    [self](const absl::StatusOr<engine::Nothing>& end) { self->OnAnswer(end.status()); });
  };
  self->rpc_context_.calls().Run(self->call_->context().tenant, std::move(work),
                                 [self](const absl::Status& failed) { self->OnAnswer(failed); });
}

bool DownloadReactor::OnStart(int64_t total_size, const std::string& content_type) {
  // Other answers may have piled up since the call was admitted; a small file would be queued completely.
  if (!MayBegin()) return false;
  Response message;
  message.set_total_size_bytes(total_size);
  message.set_content_type(content_type.substr(0, 128));
  return Push(message);
}

bool DownloadReactor::OnBytes(std::string_view bytes) {
  while (!bytes.empty()) {
    Response message;
    message.set_data(std::string(bytes.substr(0, kPieceBytes)));
    bytes.remove_prefix(message.data().size());
    if (!Push(message)) return false;
  }
  return true;
}

bool DownloadReactor::MayBegin() {
  base::MutexLock lock(mutex_);
  if (ending_.has_value() || finished_) return false;
  const absl::Status read = rpc_context_.limits().CheckAnswers(stream_.ticket());
  if (!read.ok()) ending_ = read;
  return read.ok();
}

bool DownloadReactor::Push(const Response& message) {
  const grpc::Slice bytes = Serialize(message);
  {
    base::MutexLock lock(mutex_);
    if (!WaitForRoom()) return false;
    queue_.emplace_back(&bytes, 1);
    rpc_context_.limits().Charge(stream_.ticket(), bytes.size());
  }
  Pump();
  return true;
}

bool DownloadReactor::WaitForRoom() {
  // Bounded: a write is in flight and has a deadline.
  while (queue_.size() >= kMaxQueuedPieces && !ending_.has_value() && !let_go_) changed_.Wait(mutex_);
  return !ending_.has_value() && !let_go_;
}

void DownloadReactor::Pump() {
  const grpc::ByteBuffer* next = nullptr;
  absl::Status end;
  {
    base::MutexLock lock(mutex_);
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      writing_ = true;
      next = &queue_.front();
    } else if (ending_.has_value()) {
      finished_ = true;
      end = *ending_;
    } else {
      return;
    }
  }
  if (next != nullptr) {
    stream_.ExpectDelivery(rpc_context_.deadlines(), rpc_context_.options().stall_limit);
    stream_.StartWrite(*next);
  } else {
    SendStatus(stream_, *call_, end);
  }
}

void DownloadReactor::OnWriteDone(bool ok) {
  {
    base::MutexLock lock(mutex_);
    writing_ = false;
    stream_.Delivered();
    rpc_context_.limits().Discharge(stream_.ticket(), queue_.front().Length());
    queue_.pop_front();
    if (!ok) {
      ending_ = EndOfCancelled(stream_, *call_);
      DropLocked(0);
    }
    changed_.NotifyAll();
  }
  Pump();
}

void DownloadReactor::LetGo() {
  base::MutexLock lock(mutex_);
  let_go_ = true;
  changed_.NotifyAll();
}

void DownloadReactor::OnAnswer(const absl::Status& status) {
  bool let_go = false;
  {
    base::MutexLock lock(mutex_);
    let_go = let_go_;
  }
  // After a released transfer the reader fetches the rest later anyway.
  End(status, /*at_once=*/let_go);
}

void DownloadReactor::OnCancel() {
  // First, because the cancelled transfer reports an end of its own.
  End(EndOfCancelled(stream_, *call_), /*at_once=*/true);
  call_->Cancel();
}

void DownloadReactor::OnThrown(RpcStream& stream) {
  {
    base::MutexLock lock(mutex_);
    if (std::exchange(finished_, true)) return;
    // Wakes the transfer, which may wait for room.
    if (!ending_.has_value()) ending_ = absl::Status(absl::StatusCode::kResourceExhausted, "");
    DropLocked(writing_ ? 1 : 0);
    changed_.NotifyAll();
  }
  SendThrown(stream, *call_);
}

void DownloadReactor::DropLocked(size_t kept) {
  while (queue_.size() > kept) {
    rpc_context_.limits().Discharge(stream_.ticket(), queue_.back().Length());
    queue_.pop_back();
  }
}

// Keeps the first status. `at_once`: drops queued pieces that are not being written.
void DownloadReactor::End(const absl::Status& status, bool at_once) {
  {
    base::MutexLock lock(mutex_);
    if (!ending_.has_value()) ending_ = status;
    if (at_once) DropLocked(writing_ ? 1 : 0);
    changed_.NotifyAll();
  }
  Pump();
}

}  // namespace seedance::rpc
