#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_GROUP_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_GROUP_H_

#include <string>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/asset_group.pb.h"
#include "service/engine/assets/groups.h"

namespace seedance::rpc {

// Requests of AssetGroupService in the engine's words, or INVALID_ARGUMENT with every broken rule.
absl::StatusOr<engine::CreateGroupParams> ReadRequest(const gateway::v1::CreateAssetGroupRequest& request);
absl::StatusOr<model::UpstreamHandle> ReadRequest(const gateway::v1::GetAssetGroupRequest& request);
absl::StatusOr<engine::ListGroupsParams> ReadRequest(const gateway::v1::ListAssetGroupsRequest& request);
absl::StatusOr<engine::UpdateGroupParams> ReadRequest(const gateway::v1::UpdateAssetGroupRequest& request);
absl::StatusOr<engine::DeleteGroupParams> ReadRequest(const gateway::v1::DeleteAssetGroupRequest& request);

// What page tokens of this list are bound to.
std::string PageFilter(const gateway::v1::ListAssetGroupsRequest& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_GROUP_H_
