#include "service/rpc/reactors/watch_reactor.h"

#include <functional>
#include <utility>

#include "service/base/error.h"
#include "service/rpc/calls/answer.h"

namespace seedance::rpc {

WatchReactor::WatchReactor(RpcStream& stream, std::unique_ptr<Call> call)
    : rpc_context_(call->rpc_context()), call_(std::move(call)), stream_(stream) {}

void WatchReactor::Begin(const absl::Status& request) {
  stream_.SetReactor(shared_from_this());
  if (!request.ok()) return End(request);
  const std::string& peer = call_->peer();
  if (const absl::Status entered = rpc_context_.streams().Enter(this, weak_from_this(), call_->context().tenant, peer);
      !entered.ok()) {
    return End(entered);
  }
  {
    base::MutexLock lock(mutex_);
    entered_ = true;
    // The stream may have ended and been destroyed.
    if (!finished_) rpc_context_.limits().BeginStream(stream_.ticket());
  }
  RunOnPool([self = shared_from_this(), connection = std::hash<std::string>()(peer)] {
    engine::CallContext context = self->call_->context();
    context.connection = connection;
    self->Open(context);
  });
}

void WatchReactor::RunOnPool(CallPool::Work work) {
  rpc_context_.calls().Run(call_->context().tenant, std::move(work),
                           [self = shared_from_this()](const absl::Status& failed) { self->End(failed); });
}

void WatchReactor::OnWriteDone(bool ok) {
  std::vector<std::shared_ptr<void>> written;  // Freed after the lock.
  {
    base::MutexLock lock(mutex_);
    written.swap(writing_);
    stream_.Delivered();
    if (!ok) ending_ = EndOfCancelled(stream_, *call_);
  }
  Pump();
}

void WatchReactor::OnCancel() {
  // First, because the cancelled work may report an end of its own.
  End(EndOfCancelled(stream_, *call_));
  call_->Cancel();
}

void WatchReactor::OnDone() {
  rpc_context_.streams().Leave(this);
  uint64_t heartbeat = 0;
  {
    base::MutexLock lock(mutex_);
    finished_ = true;  // Also after an exception: no further writes.
    heartbeat = heartbeat_;
  }
  rpc_context_.timers().Remove(heartbeat);
  // Only here: Close waits for a running Pump, which may be what ended the stream.
  Close();
}

void WatchReactor::Opened() {
  {
    base::MutexLock lock(mutex_);
    if (finished_) return;
    opened_ = true;
    last_write_ = rpc_context_.clock().Now();
    heartbeat_ = rpc_context_.timers().Add(last_write_ + rpc_context_.options().heartbeat_interval,
                                           [weak = weak_from_this()] { return Beat(weak); });
  }
  Pump();
}

absl::Time WatchReactor::Beat(const std::weak_ptr<WatchReactor>& weak) {
  const std::shared_ptr<WatchReactor> self = weak.lock();
  return self == nullptr ? absl::InfiniteFuture() : self->BeatIfIdle();
}

absl::Time WatchReactor::BeatIfIdle() {
  const absl::Duration interval = rpc_context_.options().heartbeat_interval;
  const absl::Time now = rpc_context_.clock().Now();
  Pump();
  absl::Time next = absl::InfiniteFuture();
  Guarded([&] {
    base::MutexLock lock(mutex_);
    if (finished_ || ending_.has_value()) return;
    next = last_write_ + interval;
    if (next > now) return;
    next = now + interval;
    // While a write is in flight the reader is slow; another message would not help.
    if (writing_.empty()) WriteLocked(Heartbeat());
  });
  return next;
}

void WatchReactor::Pump() {
  Guarded([this] { PumpOnce(); });
}

// Callers include threads of the engine and the timer wheel, which must not see an exception.
void WatchReactor::Guarded(absl::FunctionRef<void()> step) {
  try {
    step();
  } catch (...) {
    OnThrown(stream_);
  }
}

void WatchReactor::OnThrown(RpcStream& stream) {
  {
    base::MutexLock lock(mutex_);
    if (std::exchange(finished_, true)) return;
  }
  SendThrown(stream, *call_);
}

void WatchReactor::PumpOnce() {
  std::optional<absl::Status> end;
  CallPool::Work work;
  {
    base::MutexLock lock(mutex_);
    if (!writing_.empty() || finished_) return;
    if (!ending_.has_value() && opened_) {
      Step step = Next();
      ending_ = std::move(step.end);
      work = std::move(step.work);
      if (!step.message.empty()) return WriteLocked(step.message);
    }
    finished_ = ending_.has_value();
    end = ending_;
  }
  if (end.has_value()) return FinishNow(*end);
  if (work != nullptr) RunOnPool(std::move(work));
}

void WatchReactor::WriteLocked(const SharedMessage& message) {
  std::vector<grpc::Slice> slices;
  std::vector<std::shared_ptr<void>> charges;
  slices.reserve(message.size());
  charges.reserve(message.size());
  for (const auto& piece : message) {
    slices.push_back(piece->slice());
    charges.push_back(piece->Charge(rpc_context_.limits(), stream_.ticket()));
  }
  writing_ = std::move(charges);
  last_write_ = rpc_context_.clock().Now();
  stream_.ExpectDelivery(rpc_context_.deadlines(), rpc_context_.options().answer_timeout);
  // With the lock held: OnWriteDone never runs inside StartWrite.
  stream_.StartWrite(grpc::ByteBuffer(slices.data(), slices.size()));
}

void WatchReactor::End(const absl::Status& status) {
  {
    base::MutexLock lock(mutex_);
    if (ending_.has_value()) return;
    ending_ = status;
  }
  Pump();
}

void WatchReactor::FinishNow(const absl::Status& status) {
  try {
    if (base::GetReason(status) == base::Reason::kDraining) AddResumeToken();
  } catch (...) {
    return SendThrown(stream_, *call_);
  }
  SendStatus(stream_, *call_, status);
}

void WatchReactor::AddResumeToken() {
  base::MutexLock lock(mutex_);
  // On a refused stream it would imply that the stream had begun. The request's token has passed
  // RequestRules::ResumeToken, so it is valid metadata.
  if (const std::string token = entered_ ? ResumeToken() : ""; !token.empty()) {
    stream_.context().AddTrailingMetadata("resume-token", token);
  }
}

}  // namespace seedance::rpc
