#ifndef SEEDANCE_SERVICE_RPC_ASSET_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_ASSET_SERVICE_H_

#include "seedance/gateway/v1/asset.grpc.pb.h"
#include "service/engine/assets.h"
#include "service/rpc/edge.h"

namespace seedance::rpc {

// AssetService of asset.proto over the engine. Outlive it: edge, assets.
//
// The watch is a raw method: its messages are made bytes once for all streams that send them.
class AssetService final
    : public gateway::v1::AssetService::WithRawCallbackMethod_WatchAsset<gateway::v1::AssetService::CallbackService> {
 public:
  AssetService(Edge& edge, engine::Assets& assets) : edge_(edge), assets_(assets) {}

  grpc::ServerUnaryReactor* CreateAsset(grpc::CallbackServerContext* context,
                                        const gateway::v1::CreateAssetRequest* request,
                                        gateway::v1::Asset* response) override;
  grpc::ServerUnaryReactor* BatchCreateAssets(grpc::CallbackServerContext* context,
                                              const gateway::v1::BatchCreateAssetsRequest* request,
                                              gateway::v1::BatchCreateAssetsResponse* response) override;
  grpc::ServerReadReactor<gateway::v1::UploadAssetRequest>* UploadAsset(grpc::CallbackServerContext* context,
                                                                        gateway::v1::Asset* response) override;
  grpc::ServerUnaryReactor* GetAsset(grpc::CallbackServerContext* context, const gateway::v1::GetAssetRequest* request,
                                     gateway::v1::Asset* response) override;
  grpc::ServerUnaryReactor* ListAssets(grpc::CallbackServerContext* context,
                                       const gateway::v1::ListAssetsRequest* request,
                                       gateway::v1::ListAssetsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateAsset(grpc::CallbackServerContext* context,
                                        const gateway::v1::UpdateAssetRequest* request,
                                        gateway::v1::Asset* response) override;
  grpc::ServerUnaryReactor* DeleteAsset(grpc::CallbackServerContext* context,
                                        const gateway::v1::DeleteAssetRequest* request,
                                        google::protobuf::Empty* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchAsset(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request) override;

 private:
  Edge& edge_;
  engine::Assets& assets_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_ASSET_SERVICE_H_
