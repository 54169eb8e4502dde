#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_ASSET_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_ASSET_H_

#include "absl/status/status.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "service/engine/assets/asset_library.h"
#include "service/model/asset.h"

namespace seedance::rpc {

// Writes every field of the message. An asset that was only validated (no id) has no name. All conversions here never
// fail.
//
// Tests: tests/unit/rpc/convert/convert_test.cc
void ToProto(const model::Asset& asset, gateway::v1::Asset* proto);

// The failure of one request of a batch.
void ToProto(const absl::Status& status, gateway::v1::BatchCreateAssetsResponse::Failure* proto);

// Writes every field of the message.
void ToProto(const engine::LibraryUsage& usage, gateway::v1::LibraryUsage* proto);

// Enumerations have equal numbers.
gateway::v1::MediaType ToProto(model::MediaType type);
gateway::v1::Asset::State ToProto(model::AssetState state);

// Inverse of the above, for valid values only: check with MediaType_IsValid and Asset_State_IsValid first.
model::MediaType FromProto(gateway::v1::MediaType type);
model::AssetState FromProto(gateway::v1::Asset::State state);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_ASSET_H_
