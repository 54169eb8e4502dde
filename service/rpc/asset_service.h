#ifndef SEEDANCE_SERVICE_RPC_ASSET_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_ASSET_SERVICE_H_

#include <memory>

#include "seedance/gateway/v1/asset.pb.h"
#include "service/engine/assets/assets.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/rpc_context.h"
#include "service/rpc/calls/unary_call.h"

namespace seedance::rpc {

// AssetService of asset.proto over the engine. `rpc_context` and `assets` must outlive it. Thread-safe.
//
// Each method validates its request, calls the engine and answers `rpc`; it runs on the call pool.
//
// Tests: tests/unit/rpc/batch_test.cc, tests/e2e/main_job_test.cc
class AssetService final {
 public:
  AssetService(RpcContext& rpc_context, engine::Assets& assets) : rpc_context_(rpc_context), assets_(assets) {}

  // Registers its methods, which use this object.
  void AddTo(Methods& methods);

 private:
  // The call to answer.
  template <typename Response>
  using Rpc = std::shared_ptr<UnaryCall<Response>>;

  void CreateAsset(const gateway::v1::CreateAssetRequest& request, const Rpc<gateway::v1::Asset>& rpc);
  void BatchCreateAssets(const gateway::v1::BatchCreateAssetsRequest& request,
                         const Rpc<gateway::v1::BatchCreateAssetsResponse>& rpc);
  void GetAsset(const gateway::v1::GetAssetRequest& request, const Rpc<gateway::v1::Asset>& rpc);
  void ListAssets(const gateway::v1::ListAssetsRequest& request, const Rpc<gateway::v1::ListAssetsResponse>& rpc);
  void UpdateAsset(const gateway::v1::UpdateAssetRequest& request, const Rpc<gateway::v1::Asset>& rpc);
  void DeleteAsset(const gateway::v1::DeleteAssetRequest& request, const Rpc<google::protobuf::Empty>& rpc);

  void GetLibraryUsage(const gateway::v1::GetLibraryUsageRequest& request, const Rpc<gateway::v1::LibraryUsage>& rpc);

  RpcContext& rpc_context_;
  engine::Assets& assets_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_ASSET_SERVICE_H_
