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

// One DownloadGenerationResult: a transfer thread brings the bytes, and waits here while the reader is slow. What waits
// counts for the caller's tenant; a transfer does not begin while callers leave too much unread. When the
// engine gives the transfer up it is let go at once; the status waits for the reader. A reader that does not take a
// piece within the stall limit is cut off.
class DownloadReactor final : public Reactor,
                              public upstream::ResultSink,
                              public std::enable_shared_from_this<DownloadReactor> {
 public:
  using Response = gateway::v1::DownloadGenerationResultResponse;

  static constexpr size_t kPieceBytes = 256 << 10;
  static constexpr size_t kMaxQueuedPieces = 4;

  // Takes the RPC. `params` is the request, or why it is refused.
  static void Begin(engine::Downloads& downloads, RpcStream& stream, std::unique_ptr<Call> call,
                    absl::StatusOr<engine::DownloadParams> params);

  // On the transfer thread. False once the stream has ended or the call was cancelled.
  bool OnStart(int64_t total_size, const std::string& content_type) override;
  bool OnBytes(std::string_view bytes) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnThrown(RpcStream& stream) override;

 private:
  DownloadReactor(RpcStream& stream, std::unique_ptr<Call> call)
      : edge_(call->edge()), stream_(stream), call_(std::move(call)) {}

  bool Push(const Response& message);
  // Whether callers read so much of what they asked for that there may be more; else ends the stream.
  bool MayBegin();
  bool WaitForRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LetGo();
  void OnAnswer(const absl::Status& status);
  void Pump();
  void End(const absl::Status& status, bool at_once);
  // Lets go of what is queued behind the first `kept`.
  void DropLocked(size_t kept) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RpcContext& edge_;
  RpcStream& stream_;  // Not touched once finished_ is set, but by the one who set it.
  const std::unique_ptr<Call> call_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);  // The first is being written while writing_ is true.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool let_go_ ABSL_GUARDED_BY(mutex_) = false;  // The call's token was cancelled.
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_DOWNLOAD_REACTOR_H_
