#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_ASSET_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_ASSET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "service/engine/assets/assets.h"

namespace seedance::rpc {

// Convert requests of AssetService to the engine's parameters. Those of creation carry broken rules in `violations`,
// which the engine reports together with its own; the others return INVALID_ARGUMENT with every broken rule.
//
// Tests: tests/unit/rpc/validate/validate_test.cc
engine::CreateAssetParams ReadRequest(const gateway::v1::CreateAssetRequest& request);
// The requests of a batch, in order. INVALID_ARGUMENT for an invalid batch, not for invalid requests in it.
absl::StatusOr<std::vector<engine::CreateAssetParams>> ReadRequest(
    const gateway::v1::BatchCreateAssetsRequest& request);
engine::UploadAssetParams ReadMetadata(const gateway::v1::UploadAssetRequest::Metadata& metadata);

// Checks a chunk of an upload: 1 byte to 1 MiB, no second metadata. Otherwise INVALID_ARGUMENT.
absl::Status CheckChunk(const gateway::v1::UploadAssetRequest& request);

// Parameters of a DeleteAsset request.
struct DeleteAssetParams {
  model::UpstreamHandle handle;
  bool allow_missing = false;
};
// Parameters of a WatchAsset request.
struct WatchAssetParams {
  model::UpstreamHandle handle;
  std::string resume_token;
};
absl::StatusOr<model::UpstreamHandle> ReadRequest(const gateway::v1::GetAssetRequest& request);
absl::StatusOr<engine::ListAssetsParams> ReadRequest(const gateway::v1::ListAssetsRequest& request);
absl::StatusOr<engine::UpdateAssetParams> ReadRequest(const gateway::v1::UpdateAssetRequest& request);
absl::StatusOr<DeleteAssetParams> ReadRequest(const gateway::v1::DeleteAssetRequest& request);
absl::StatusOr<WatchAssetParams> ReadRequest(const gateway::v1::WatchAssetRequest& request);

// OK, or INVALID_ARGUMENT with every broken rule.
absl::Status CheckRequest(const gateway::v1::GetLibraryUsageRequest& request);

// The filter to which page tokens of this list are bound.
std::string PageFilter(const gateway::v1::ListAssetsRequest& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_ASSET_H_
