#ifndef SEEDANCE_SERVICE_RPC_REACTORS_DOWNLOAD_REACTOR_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_DOWNLOAD_REACTOR_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "seedance/gateway/v1/generation_task.pb.h"
#include "service/base/mutex.h"
#include "service/engine/tasks/downloads.h"
#include "service/rpc/calls/call.h"
#include "service/rpc/calls/rpc_stream.h"

namespace seedance::rpc {

// One DownloadGenerationResult. A transfer thread delivers the bytes and blocks here while the reader is slow. Queued
// bytes count for the caller's tenant; a transfer does not start while callers leave too much unread. When the engine
// ends the transfer, its thread is released at once; the status waits for the reader. A reader that does not take a
// piece within the stall limit is disconnected.
//
// Tests: tests/unit/rpc/reactors/transfer_test.cc
class DownloadReactor final : public Reactor,
                              public upstream::ResultSink,
                              public std::enable_shared_from_this<DownloadReactor> {
 public:
  using Response = gateway::v1::DownloadGenerationResultResponse;

  // Size of a piece, and how many may wait.
  static constexpr size_t kPieceBytes = 256 << 10;
  static constexpr size_t kMaxQueuedPieces = 4;

  // Takes the RPC over. `params`: the request, or why it is refused.
  static void Begin(engine::Downloads& downloads, RpcStream& stream, std::unique_ptr<Call> call,
                    absl::StatusOr<engine::DownloadParams> params);

  // Called on the transfer thread. False after the end of the stream or a cancellation.
  bool OnStart(int64_t total_size, const std::string& content_type) override;
  bool OnBytes(std::string_view bytes) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnThrown(RpcStream& stream) override;

 private:
  DownloadReactor(RpcStream& stream, std::unique_ptr<Call> call)
      : rpc_context_(call->rpc_context()), stream_(stream), call_(std::move(call)) {}

  // Queues a message; blocks while the queue is full. False: the stream has ended.
  bool Push(const Response& message);
  // Whether callers have read enough for a further transfer; otherwise ends the stream.
  bool MayBegin();
  bool WaitForRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Releases the transfer thread: the call's token was cancelled.
  void LetGo();
  // The engine's result; ends the stream after the queue was written.
  void OnAnswer(const absl::Status& status);
  // Writes the next piece, or ends the stream, unless a write is in flight.
  void Pump();
  void End(const absl::Status& status, bool at_once);
  // Drops queued pieces after the first `kept`.
  void DropLocked(size_t kept) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RpcContext& rpc_context_;
  RpcStream& stream_;  // Once finished_ is set, used only by the thread that set it.
  const std::unique_ptr<Call> call_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<grpc::ByteBuffer> queue_
      ABSL_GUARDED_BY(mutex_);  // The first one is being written while writing_ is true.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool let_go_ ABSL_GUARDED_BY(mutex_) = false;  // The call's token was cancelled.
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_DOWNLOAD_REACTOR_H_
