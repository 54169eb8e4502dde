#ifndef SEEDANCE_SERVICE_RPC_UPLOAD_REACTOR_H_
#define SEEDANCE_SERVICE_RPC_UPLOAD_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "service/base/mutex.h"
#include "service/engine/assets.h"
#include "service/rpc/byte_pipe.h"
#include "service/rpc/call.h"

namespace seedance::rpc {

// One UploadAsset: metadata, then chunks that go through a pipe to the engine, which may answer before the stream's
// end. Reads only while the pipe has room, so memory stays constant however fast the caller is.
class UploadReactor final : public grpc::ServerReadReactor<gateway::v1::UploadAssetRequest>,
                            public std::enable_shared_from_this<UploadReactor> {
 public:
  using Request = gateway::v1::UploadAssetRequest;
  using Base = grpc::ServerReadReactor<Request>;

  // What a callback method returns.
  static Base* Begin(Edge& edge, engine::Assets& assets, grpc::CallbackServerContext* context,
                     gateway::v1::Asset* response);

  void OnReadDone(bool ok) override;
  void OnSendInitialMetadataDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { self_.reset(); }

 private:
  UploadReactor(Edge& edge, engine::Assets& assets, grpc::CallbackServerContext* context, gateway::v1::Asset* response);

  void ReadNext();
  void OnMetadata();
  void OnChunk();
  void OnAnswer(absl::StatusOr<model::Asset> asset);
  void BreakOff(const absl::Status& status);
  void End(const absl::Status& status);

  Edge& edge_;
  engine::Assets& assets_;
  grpc::CallbackServerContext* const grpc_context_;
  gateway::v1::Asset* const response_;
  Call call_;
  Request message_;                 // Belongs to the read that is under way.
  std::shared_ptr<BytePipe> pipe_;  // Set by the first message; then fixed.
  base::Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);  // What the caller did wrong in the stream.
  std::shared_ptr<UploadReactor> self_;         // Until OnDone.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_UPLOAD_REACTOR_H_
