#ifndef SEEDANCE_SERVICE_ENGINE_JOURNAL_CLAIM_CONFLICT_H_
#define SEEDANCE_SERVICE_ENGINE_JOURNAL_CLAIM_CONFLICT_H_

#include <string>

#include "absl/status/status.h"
#include "service/model/asset.h"
#include "service/store/asset_store.h"
#include "service/upstream/upstream.h"

// Errors of names and places in a library that somebody else has.
namespace seedance::engine {

// ALREADY_EXISTS: the group has an asset of this display name. `name`: the asset's own name, or the group's where the
// asset is not known.
absl::Status DisplayNameTaken(const std::string& name, const std::string& display_name);

// What a caller of `tenant` whose claim cannot be had is told: ALREADY_EXISTS (kDisplayNameTaken), or
// RESOURCE_EXHAUSTED (kAssetLibraryFull) with metadata `least_recently_used`: up to 10 names of assets of `tenant`, the
// longest unused first, comma separated.
absl::Status ToStatus(store::AssetStore& store, const std::string& tenant, const model::AssetClaim& claim,
                      const store::AssetStore::ClaimConflict& conflict);

// `status` with the same metadata if it is a vendor's kAssetLibraryFull; else as it is.
absl::Status WithCandidates(store::AssetStore& store, const std::string& tenant, const upstream::Upstream& upstream,
                            const absl::Status& status);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_JOURNAL_CLAIM_CONFLICT_H_
