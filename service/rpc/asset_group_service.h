#ifndef SEEDANCE_SERVICE_RPC_ASSET_GROUP_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_ASSET_GROUP_SERVICE_H_

#include "seedance/gateway/v1/asset_group.grpc.pb.h"
#include "service/engine/groups.h"
#include "service/rpc/edge.h"

namespace seedance::rpc {

// AssetGroupService of asset_group.proto over the engine. Outlive it: edge, groups.
class AssetGroupService final : public gateway::v1::AssetGroupService::CallbackService {
 public:
  AssetGroupService(Edge& edge, engine::Groups& groups) : edge_(edge), groups_(groups) {}

  grpc::ServerUnaryReactor* CreateAssetGroup(grpc::CallbackServerContext* context,
                                             const gateway::v1::CreateAssetGroupRequest* request,
                                             gateway::v1::AssetGroup* response) override;
  grpc::ServerUnaryReactor* GetAssetGroup(grpc::CallbackServerContext* context,
                                          const gateway::v1::GetAssetGroupRequest* request,
                                          gateway::v1::AssetGroup* response) override;
  grpc::ServerUnaryReactor* ListAssetGroups(grpc::CallbackServerContext* context,
                                            const gateway::v1::ListAssetGroupsRequest* request,
                                            gateway::v1::ListAssetGroupsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateAssetGroup(grpc::CallbackServerContext* context,
                                             const gateway::v1::UpdateAssetGroupRequest* request,
                                             gateway::v1::AssetGroup* response) override;
  grpc::ServerUnaryReactor* DeleteAssetGroup(grpc::CallbackServerContext* context,
                                             const gateway::v1::DeleteAssetGroupRequest* request,
                                             google::protobuf::Empty* response) override;

 private:
  Edge& edge_;
  engine::Groups& groups_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_ASSET_GROUP_SERVICE_H_
