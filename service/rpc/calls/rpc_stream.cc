#include "service/rpc/calls/rpc_stream.h"

#include <grpc/grpc.h>

#include "service/rpc/calls/call_pool.h"
#include "service/rpc/calls/rpc_server.h"
#include "service/rpc/calls/status.h"

namespace seedance::rpc {

void Reactor::OnThrown(RpcStream& stream) { stream.Abandon(); }

RpcStream::RpcStream(RpcServer& server) : server_(server), stream_(&context_) { context_.AsyncNotifyWhenDone(&done_); }

RpcStream::~RpcStream() {
  if (deadlines_ != nullptr) deadlines_->Remove(*this);
}

void RpcStream::SetReactor(std::shared_ptr<Reactor> reactor) {
  std::shared_ptr<Reactor> previous;
  bool closed = false;
  {
    base::MutexLock lock(mutex_);
    previous = std::exchange(reactor_, reactor);
    closed = closed_;
  }
  if (closed) reactor->OnCancel();
}

std::shared_ptr<Reactor> RpcStream::reactor() {
  base::MutexLock lock(mutex_);
  return reactor_;
}

void RpcStream::StartRead(grpc::ByteBuffer* message) {
  if (ending_) return;
  ++open_;
  reading_ = message;
  stream_.Read(message, &read_);
}

void RpcStream::StartWrite(const grpc::ByteBuffer& message) {
  if (ending_) return;
  ++open_;
  if (metrics_ != nullptr) metrics_->Sent(message.Length());
  stream_.Write(message, &write_);
}

void RpcStream::StartSendInitialMetadata() {
  if (ending_) return;
  ++open_;
  stream_.SendInitialMetadata(&metadata_);
}

void RpcStream::Answer(const grpc::ByteBuffer& message) {
  if (ending_.exchange(true)) return;
  if (metrics_ != nullptr) metrics_->Sent(message.Length());
  stream_.WriteAndFinish(message, grpc::WriteOptions(), grpc::Status::OK, &finish_);
}

void RpcStream::Finish(const grpc::Status& status) {
  if (!ending_.exchange(true)) stream_.Finish(status, &finish_);
}

void RpcStream::Abandon() {
  grpc::Status status(grpc::StatusCode::RESOURCE_EXHAUSTED, "");
  try {
    status = ToGrpcStatus(EndOfThrown());
  } catch (...) {
    // No memory even for the details of the status.
  }
  Finish(status);
}

void RpcStream::TryCancel() {
  cancelled_ = true;
  context_.TryCancel();
}

void RpcStream::ExpectDelivery(DeadlineQueue& queue, absl::Duration patience) {
  deadlines_ = &queue;
  queue.Add(*this, patience);
}

void RpcStream::Delivered() { deadlines_->Remove(*this); }

std::shared_ptr<void> RpcStream::Hold() {
  // A count of 0 must not be incremented: the stream is being destroyed.
  for (int open = open_; open > 0;) {
    if (open_.compare_exchange_weak(open, open + 1)) {
      return std::shared_ptr<void>(this, [](RpcStream* stream) { stream->Release(); });
    }
  }
  return nullptr;
}

void RpcStream::OnOverdue() {
  overdue_ = true;  // Set before reactions to the cancellation read it.
  server_.OnUnread();
  TryCancel();
}

void RpcStream::OnEvent(Operation operation, bool ok) {
  try {
    React(operation, ok);
  } catch (...) {
    if (const auto each = reactor(); each != nullptr) {
      each->OnThrown(*this);
    } else {
      Abandon();
    }
  }
  Release();
}

void RpcStream::React(Operation operation, bool ok) {
  switch (operation) {
    case Operation::kRequest:
      if (ok) server_.Dispatch(*this);
      break;
    case Operation::kRead:
      // Distinguishes a broken stream from one that its caller ended.
      if (!ok && grpc_call_failed_before_recv_message(context_.c_call()) != 0) cancelled_ = true;
      if (ok && metrics_ != nullptr) metrics_->Received(reading_->Length());
      if (const auto each = reactor(); each != nullptr) each->OnReadDone(ok);
      break;
    case Operation::kWrite:
      if (const auto each = reactor(); each != nullptr) each->OnWriteDone(ok);
      break;
    case Operation::kMetadata:
      if (const auto each = reactor(); each != nullptr) each->OnSendInitialMetadataDone(ok);
      break;
    case Operation::kFinish:
      break;
    case Operation::kDone:
      OnClosed();
      break;
  }
}

void RpcStream::OnClosed() {
  if (!context_.IsCancelled()) return;
  cancelled_ = true;
  std::shared_ptr<Reactor> reactor;
  {
    base::MutexLock lock(mutex_);
    closed_ = true;
    reactor = reactor_;
  }
  if (reactor != nullptr) reactor->OnCancel();
}

void RpcStream::Release() {
  if (--open_ > 0) return;
  if (const auto last = reactor(); last != nullptr) last->OnDone();
  server_.OnGone(*this);
}

}  // namespace seedance::rpc
