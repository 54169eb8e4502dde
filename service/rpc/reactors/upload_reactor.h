#ifndef SEEDANCE_SERVICE_RPC_REACTORS_UPLOAD_REACTOR_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_UPLOAD_REACTOR_H_

#include <grpcpp/support/byte_buffer.h>

#include <memory>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "service/base/mutex.h"
#include "service/engine/assets/assets.h"
#include "service/rpc/calls/call.h"
#include "service/rpc/calls/rpc_stream.h"
#include "service/rpc/reactors/byte_pipe.h"

namespace seedance::rpc {

// One UploadAsset: metadata, then chunks that go through a pipe to the engine, which may answer before the end of the
// stream. Reads only while the pipe has room, so memory use does not depend on the caller's speed.
//
// Tests: tests/unit/rpc/reactors/transfer_test.cc
class UploadReactor final : public Reactor, public std::enable_shared_from_this<UploadReactor> {
 public:
  using Request = gateway::v1::UploadAssetRequest;

  // Takes the RPC over, with its first message.
  static void Begin(engine::Assets& assets, RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer first);

  void OnReadDone(bool ok) override;
  void OnSendInitialMetadataDone(bool ok) override;
  void OnCancel() override;
  void OnThrown(RpcStream& stream) override;

 private:
  UploadReactor(engine::Assets& assets, RpcStream& stream, std::unique_ptr<Call> call);

  // Starts the next read.
  void ReadNext();
  // Handles a received message: metadata first, then chunks.
  void OnMessage();
  void OnMetadata();
  void OnChunk();
  // The engine's result; ends the call.
  void OnAnswer(absl::StatusOr<model::Asset> asset);
  // The stream is invalid or ended early: aborts the pipe with `status` and cancels the call.
  void BreakOff(const absl::Status& status);
  // Ends the call with an error, unless it has ended.
  void End(const absl::Status& status);

  RpcContext& rpc_context_;
  engine::Assets& assets_;
  RpcStream& stream_;  // Once finished_ is set, used only by the thread that set it.
  const std::unique_ptr<Call> call_;
  grpc::ByteBuffer bytes_;  // Owned by the read in progress, like message_.
  Request message_;
  std::shared_ptr<BytePipe> pipe_;  // Set by the first message, then constant.
  base::Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);  // The caller's fault in the stream.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_UPLOAD_REACTOR_H_
