#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_ASSET_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_ASSET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "service/engine/assets/assets.h"

namespace seedance::rpc {

// Requests of AssetService in the engine's words. Those of creation carry the broken rules in `violations`, for the
// engine to report them with its own; the others give INVALID_ARGUMENT with every broken rule.
engine::CreateAssetParams ReadRequest(const gateway::v1::CreateAssetRequest& request);
// Those of BatchCreateAssets, in the same order. INVALID_ARGUMENT for a bad batch, not for bad requests in it.
absl::StatusOr<std::vector<engine::CreateAssetParams>> ReadRequest(
    const gateway::v1::BatchCreateAssetsRequest& request);
engine::UploadAssetParams ReadMetadata(const gateway::v1::UploadAssetRequest::Metadata& metadata);

// What a chunk of an upload must be: 1 byte to 1 MiB, and no second metadata. INVALID_ARGUMENT.
absl::Status CheckChunk(const gateway::v1::UploadAssetRequest& request);

struct DeleteAssetParams {
  model::UpstreamHandle handle;
  bool allow_missing = false;
};
struct WatchAssetParams {
  model::UpstreamHandle handle;
  std::string resume_token;
};
absl::StatusOr<model::UpstreamHandle> ReadRequest(const gateway::v1::GetAssetRequest& request);
absl::StatusOr<engine::ListAssetsParams> ReadRequest(const gateway::v1::ListAssetsRequest& request);
absl::StatusOr<engine::UpdateAssetParams> ReadRequest(const gateway::v1::UpdateAssetRequest& request);
absl::StatusOr<DeleteAssetParams> ReadRequest(const gateway::v1::DeleteAssetRequest& request);
absl::StatusOr<WatchAssetParams> ReadRequest(const gateway::v1::WatchAssetRequest& request);

// INVALID_ARGUMENT with every broken rule.
absl::Status CheckRequest(const gateway::v1::GetLibraryUsageRequest& request);

// What page tokens of this list are bound to.
std::string PageFilter(const gateway::v1::ListAssetsRequest& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_ASSET_H_
