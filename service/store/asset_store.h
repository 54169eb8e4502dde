#ifndef SEEDANCE_SERVICE_STORE_ASSET_STORE_H_
#define SEEDANCE_SERVICE_STORE_ASSET_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/journal_entry.h"
#include "service/model/page.h"

namespace seedance::store {

// The assets of the store, and the claims of those that do not exist yet. Rules for all methods: store.h.
class AssetStore {
 public:
  virtual ~AssetStore() = default;

  // As PutGroup.
  virtual absl::StatusOr<model::Asset> PutAsset(const model::Asset& asset) = 0;
  // As AddGroup.
  virtual absl::StatusOr<model::Asset> AddAsset(const model::Asset& asset) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<model::Asset> GetAsset(const model::UpstreamHandle& handle) = 0;
  // Reads the asset, lets `change` edit it and writes it with a new revision, in one transaction. An error of `change`
  // is returned and nothing is written. `change` must not call the store. NOT_FOUND when there is none.
  virtual absl::StatusOr<model::Asset> UpdateAsset(const model::UpstreamHandle& handle,
                                                   absl::FunctionRef<absl::Status(model::Asset&)> change) = 0;
  // As UpdateOwnedTask.
  virtual absl::StatusOr<model::Asset> UpdateOwnedAsset(const model::UpstreamHandle& handle,
                                                        absl::FunctionRef<absl::Status(model::Asset&)> change) = 0;
  // NOT_FOUND when there is none.
  virtual absl::Status DeleteAsset(const model::UpstreamHandle& handle) = 0;
  // Deletes the asset if its present vendor id (Asset::upstream_id) is `upstream_id`. False: it has another one.
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<bool> DeleteAssetOf(const model::UpstreamHandle& handle, const std::string& upstream_id) = 0;

  // Which assets a list returns.
  struct AssetFilter {
    std::string tenant;                         // Required.
    std::vector<model::UpstreamHandle> groups;  // Empty: all.
    std::string display_name_contains;          // ASCII letters in any case. Empty: all.
    model::MediaType media_type = model::MediaType::kUnspecified;
    model::AssetState state = model::AssetState::kUnspecified;
    model::GroupType group_type = model::GroupType::kUnspecified;  // Of the groups; unknown groups count as AIGC.
  };
  // As ListGroups.
  virtual absl::StatusOr<model::Page<model::Asset>> ListAssets(const AssetFilter& filter,
                                                               const model::PageCursor& after, int limit) = 0;
  // An asset of the group with exactly this display name, neither FAILED nor EXPIRED; nullopt: none.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAsset(const model::UpstreamHandle& group,
                                                                const std::string& display_name) = 0;
  // The oldest PROCESSING or ACTIVE asset of the group with these bytes (`media_info.sha256`); nullopt: none.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(const model::UpstreamHandle& group,
                                                                         const std::string& sha256) = 0;
  // The re-created asset whose present id at `upstream` is `vendor_id`; nullopt: none.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(const std::string& upstream,
                                                                          const std::string& vendor_id) = 0;
  // All PROCESSING assets of every tenant.
  virtual absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets() = 0;
  // All ACTIVE assets of every tenant that have an expire_time.
  virtual absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets() = 0;
  // Number of assets of every tenant at the upstream, by state; states without any may be missing.
  virtual absl::StatusOr<std::map<model::AssetState, int64_t>> CountAssets(const std::string& upstream) = 0;
  // At most `limit` of the tenant's PROCESSING or ACTIVE assets at the upstream, least recently used first.
  virtual absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(const std::string& tenant,
                                                                          const std::string& upstream, int limit) = 0;

  // A vendor's asset library as seen by one tenant. Each list has at most `limit` (>= 1) assets.
  struct Library {
    int64_t live = 0;                            // PROCESSING or ACTIVE, of every tenant.
    int64_t claimed = 0;                         // Places held by claims at `now`, of every tenant.
    int64_t own = 0;                             // Of `live`, the tenant's.
    int64_t used_once = 0;                       // Of `live`, those used by one task (Asset::task_uses).
    absl::Time lapses = absl::InfiniteFuture();  // Next expiry of an ACTIVE one, of every tenant.
    std::vector<model::Asset> lapse_next;        // The tenant's expiring ACTIVE ones, next expiry first.
    std::vector<model::Asset> used_last;         // The tenant's live ones, most recently used first.
    std::vector<model::Asset> own_used_once;     // The tenant's live ones used by one task, least recent first.
  };
  // Figures and lists are read one after the other, not from one snapshot.
  virtual absl::StatusOr<Library> ReadLibrary(const std::string& tenant, const std::string& upstream, absl::Time now,
                                              int limit) = 0;

  // Claims reserve the name and the library place of an asset that does not exist yet. They are checked against assets
  // and other claims in the transaction that writes them, so only one caller gets a name, and no more callers get a
  // place than there are. Claims survive a crash. Claims of journalled requests are made by BeginEntry; those of
  // renames by the methods below.

  // Why a claim was refused: the name, or else the place.
  struct ClaimConflict {
    // The asset of the group that has the display name (neither FAILED nor EXPIRED) or claims it; the group when that
    // asset has no resource name yet. Empty: the name is free.
    std::string name_holder;
    int64_t places_taken = 0;  // When the name is free: all places are taken, this many.
  };
  // How long a claim outlives a request whose outcome is unknown. After that the vendor's answer decides.
  static constexpr absl::Duration kClaimInDoubt = absl::Hours(24);
  // The same for a rename, which is repeatable and free: longer than any rename takes.
  static constexpr absl::Duration kRenameInDoubt = absl::Minutes(10);

  // Claims for `holder` (a unique text per rename) until ReleaseClaim, at most for kRenameInDoubt after `now`. Returns
  // nullopt, or the conflict; then nothing is written.
  virtual absl::StatusOr<std::optional<ClaimConflict>> ClaimAsset(const std::string& holder,
                                                                  const model::AssetClaim& claim, absl::Time now) = 0;
  // Conflict that `holder` (model::TextOf for a request) would meet at `now`; nullopt: none. Claims nothing.
  virtual absl::StatusOr<std::optional<ClaimConflict>> FindClaimConflict(const std::string& holder,
                                                                         const model::AssetClaim& claim,
                                                                         absl::Time now) = 0;
  // Ends the claim of `holder`. OK also when there is none.
  virtual absl::Status ReleaseClaim(const std::string& holder) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_ASSET_STORE_H_
