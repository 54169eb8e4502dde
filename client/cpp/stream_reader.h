#ifndef SEEDANCE_CLIENT_CPP_STREAM_READER_H_
#define SEEDANCE_CLIENT_CPP_STREAM_READER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include <chrono>
#include <memory>
#include <utility>

#include "absl/time/time.h"

namespace seedance::client {

// Reads a server stream message by message, and calls a stream broken that is silent for too long: gRPC's blocking
// reader can only limit the whole stream. Used by one thread; `context` outlives it.
template <typename Response>
class StreamReader {
 public:
  // `open(queue, tag)` starts the call, for example with stub.AsyncWatch(context, request, queue, tag).
  template <typename Open>
  StreamReader(grpc::ClientContext& context, absl::Duration idle_timeout, Open open)
      : context_(context), idle_timeout_(idle_timeout), stream_(open(&queue_, Tag())) {
    usable_ = Await();
  }

  // Ends the call if it still runs.
  ~StreamReader() {
    if (!finished_) {
      context_.TryCancel();
      Finish();
    }
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) continue;
  }

  // False at the end of the stream, however it ended; Finish says how.
  bool Read(Response* response) {
    if (!usable_) return false;
    stream_->Read(response, Tag());
    usable_ = Await();
    return usable_;
  }

  // Status of the ended stream; UNAVAILABLE if it was silent for too long. Called once, after Read gave false.
  grpc::Status Finish() {
    grpc::Status status;
    finished_ = true;
    stream_->Finish(&status, Tag());
    void* tag;
    bool ok;
    queue_.Next(&tag, &ok);
    if (silent_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream was silent for too long");
    return status;
  }

 private:
  void* Tag() { return this; }

  // Waits for the one operation under way; cancels the call when it takes too long.
  bool Await() {
    void* tag;
    bool ok = false;
    const auto deadline = std::chrono::system_clock::now() + absl::ToChronoMilliseconds(idle_timeout_);
    if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::TIMEOUT) return ok;
    silent_ = true;
    context_.TryCancel();
    queue_.Next(&tag, &ok);
    return false;
  }

  grpc::ClientContext& context_;
  const absl::Duration idle_timeout_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<Response>> stream_;
  bool usable_ = false;
  bool silent_ = false;
  bool finished_ = false;
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_STREAM_READER_H_
