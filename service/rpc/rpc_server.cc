#include "service/rpc/rpc_server.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace seedance::rpc {

RpcServer::RpcServer(size_t threads, CallLimits& limits, OnCall on_call)
    : thread_count_(threads), limits_(limits), on_call_(std::move(on_call)) {}

RpcServer::~RpcServer() { Stop(); }

void RpcServer::AddTo(grpc::ServerBuilder& builder) {
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
}

absl::Status RpcServer::Start() {
  for (int i = 0; i < kRequested; ++i) Request();
  try {
    while (threads_.size() < thread_count_) threads_.emplace_back([this] { Run(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("no thread for RPCs can be made: ", error.what()));
  }
  return absl::OkStatus();
}

void RpcServer::Stop() {
  if (queue_ == nullptr) return;
  queue_->Shutdown();
  if (threads_.empty()) Run();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  queue_.reset();
}

void RpcServer::Run() {
  pthread_setname_np(pthread_self(), "rpc");
  void* event = nullptr;
  bool ok = false;
  while (queue_->Next(&event, &ok)) {
    const RpcStream::Tag& tag = *static_cast<RpcStream::Tag*>(event);
    RpcStream& stream = *tag.stream;
    if (tag.operation == RpcStream::Operation::kRequest) {
      if (!ok) {  // The server stops: the stream never began, and gRPC says nothing more of it.
        delete &stream;
        continue;
      }
      Request();
      on_call_(stream);
    }
    stream.OnEvent(tag.operation, ok);
  }
}

void RpcServer::Request() {
  auto* stream = new RpcStream(*this);  // Deleted by OnGone, or when its request fails.
  service_.RequestCall(&stream->context_, &stream->stream_, queue_.get(), queue_.get(), &stream->request_);
}

void RpcServer::OnUnread() { limits_.Count(CallLimits::Limit::kAnswerTimeout); }

void RpcServer::OnGone(RpcStream& stream) {
  limits_.Release(stream.ticket());
  delete &stream;
}

}  // namespace seedance::rpc
