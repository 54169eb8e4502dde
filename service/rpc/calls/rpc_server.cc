#include "service/rpc/calls/rpc_server.h"

#include <new>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/thread.h"

namespace seedance::rpc {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(5);

// Polls, so that a stop costs nothing in the path of every RPC.
void AwaitNone(const std::atomic<size_t>& streams) {
  base::Mutex mutex;
  base::CondVar nothing;
  base::MutexLock lock(mutex);
  while (streams > 0) base::RealClock().WaitUntil(nothing, mutex, base::RealClock().Now() + kLook);
}

}  // namespace

RpcServer::RpcServer(size_t threads, CallLimits& limits, OnCall on_call)
    : thread_count_(threads), limits_(limits), on_call_(std::move(on_call)) {}

RpcServer::~RpcServer() { Stop(); }

void RpcServer::AddTo(grpc::ServerBuilder& builder) {
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
}

absl::Status RpcServer::Start() {
  for (int i = 0; i < kRequested; ++i) Request();
  while (threads_.size() < thread_count_) {
    absl::StatusOr<std::thread> thread = base::TryStartThread("rpc", [this] { Run(); });
    if (!thread.ok()) return thread.status();
    threads_.push_back(*std::move(thread));
  }
  return absl::OkStatus();
}

void RpcServer::Stop() {
  if (queue_ == nullptr) return;
  // gRPC aborts the process when an RPC starts an operation on a queue that is shut down, and grpc::Server::Shutdown
  // waits neither for the reactions to what it cancelled nor for those to an RPC that has just arrived.
  while (threads_.empty() && streams_ > 0) RunOne();
  AwaitNone(streams_);
  queue_->Shutdown();
  if (threads_.empty()) Run();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  queue_.reset();
}

void RpcServer::Run() {
  while (RunOne()) {
  }
}

bool RpcServer::RunOne() {
  void* event = nullptr;
  bool ok = false;
  if (!queue_->Next(&event, &ok)) return false;
  const RpcStream::Tag& tag = *static_cast<RpcStream::Tag*>(event);
  RpcStream& stream = *tag.stream;
  if (tag.operation == RpcStream::Operation::kRequest) {
    if (!ok) {  // Shutdown: the stream never began and gets no further events.
      Delete(&stream);
      return true;
    }
    ++missing_;
  }
  if (missing_ > 0) RequestMissing();
  stream.OnEvent(tag.operation, ok);
  return true;
}

void RpcServer::RequestMissing() {
  try {
    while (missing_.fetch_sub(1) > 0) Request();
  } catch (const std::bad_alloc&) {
  }
  ++missing_;
}

void RpcServer::Request() {
  auto* stream = new RpcStream(*this);  // Owned by the queue; deleted by OnGone, or when its request fails.
  ++streams_;
  try {
    service_.RequestCall(&stream->context_, &stream->stream_, queue_.get(), queue_.get(), &stream->request_);
  } catch (const std::bad_alloc&) {
    Delete(stream);
    throw;
  }
}

void RpcServer::OnUnread() { limits_.Count(CallLimits::Limit::kAnswerTimeout); }

void RpcServer::OnGone(RpcStream& stream) {
  limits_.Release(stream.ticket());
  Delete(&stream);
}

// Counted until it is deleted, not until its end: its last actions may use the queue.
void RpcServer::Delete(RpcStream* stream) {
  delete stream;
  --streams_;
}

}  // namespace seedance::rpc
