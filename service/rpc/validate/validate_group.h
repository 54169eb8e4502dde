#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_GROUP_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_GROUP_H_

#include <string>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/asset_group.pb.h"
#include "service/engine/assets/groups.h"

namespace seedance::rpc {

// Convert requests of AssetGroupService to the engine's parameters, or return INVALID_ARGUMENT with every broken rule.
//
// Tests: tests/unit/rpc/validate/validate_test.cc
absl::StatusOr<engine::CreateGroupParams> ReadRequest(const gateway::v1::CreateAssetGroupRequest& request);
absl::StatusOr<model::UpstreamHandle> ReadRequest(const gateway::v1::GetAssetGroupRequest& request);
absl::StatusOr<engine::ListGroupsParams> ReadRequest(const gateway::v1::ListAssetGroupsRequest& request);
absl::StatusOr<engine::UpdateGroupParams> ReadRequest(const gateway::v1::UpdateAssetGroupRequest& request);
absl::StatusOr<engine::DeleteGroupParams> ReadRequest(const gateway::v1::DeleteAssetGroupRequest& request);

// The filter to which page tokens of this list are bound.
std::string PageFilter(const gateway::v1::ListAssetGroupsRequest& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_GROUP_H_
