#ifndef SEEDANCE_SERVICE_RPC_ASSET_GROUP_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_ASSET_GROUP_SERVICE_H_

#include <memory>

#include "seedance/gateway/v1/asset_group.pb.h"
#include "service/engine/assets/groups.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/unary_call.h"

namespace seedance::rpc {

// AssetGroupService of asset_group.proto over the engine. `groups` must outlive it. Thread-safe.
//
// Each method validates its request, calls the engine and answers `rpc`; it runs on the call pool.
//
// Tests: tests/unit/rpc/calls/unary_call_test.cc, tests/e2e/main_job_test.cc
class AssetGroupService final {
 public:
  explicit AssetGroupService(engine::Groups& groups) : groups_(groups) {}

  // Registers its methods, which use this object.
  void AddTo(Methods& methods);

 private:
  // The call to answer.
  template <typename Response>
  using Rpc = std::shared_ptr<UnaryCall<Response>>;

  void CreateAssetGroup(const gateway::v1::CreateAssetGroupRequest& request, const Rpc<gateway::v1::AssetGroup>& rpc);
  void GetAssetGroup(const gateway::v1::GetAssetGroupRequest& request, const Rpc<gateway::v1::AssetGroup>& rpc);
  void ListAssetGroups(const gateway::v1::ListAssetGroupsRequest& request,
                       const Rpc<gateway::v1::ListAssetGroupsResponse>& rpc);
  void UpdateAssetGroup(const gateway::v1::UpdateAssetGroupRequest& request, const Rpc<gateway::v1::AssetGroup>& rpc);
  void DeleteAssetGroup(const gateway::v1::DeleteAssetGroupRequest& request, const Rpc<google::protobuf::Empty>& rpc);

  // Not owned.
  engine::Groups& groups_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_ASSET_GROUP_SERVICE_H_
