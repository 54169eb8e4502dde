#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_GROUP_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_GROUP_H_

#include "seedance/gateway/v1/asset_group.pb.h"
#include "service/model/asset_group.h"

namespace seedance::rpc {

// Writes every field of the message. A group that was only validated (no id) has no name. Never fails.
//
// Tests: tests/unit/rpc/convert/convert_test.cc
void ToProto(const model::AssetGroup& group, gateway::v1::AssetGroup* proto);

// Enumerations have equal numbers. FromProto is for valid values only: check with GroupType_IsValid first.
// Both directions.
gateway::v1::GroupType ToProto(model::GroupType type);
model::GroupType FromProto(gateway::v1::GroupType type);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_GROUP_H_
