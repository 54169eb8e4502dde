#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ADOPTION_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ADOPTION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/engine/assets/asset_tracker.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/store/store.h"

namespace seedance::engine {

// Takes groups and assets that exist at the vendor but not in the store into the store, for the tenant to whom the
// vendor's credentials are dedicated. With shared credentials the store alone decides ownership: then everything here
// is NOT_FOUND or FAILED_PRECONDITION. What is in the store already is never replaced, only brought up to date.
//
// Assets of a vendor that has no groups go into the group `<upstream>~library`, which is made when it is first needed.
//
// Methods call the vendor and block: run them on the account's `polls` threads.
class Adoption {
 public:
  Adoption(store::Store& store, AssetTracker& tracker, base::Clock& clock)
      : store_(store), tracker_(tracker), clock_(clock) {}

  // The group or asset, from the store, else from the vendor.
  absl::StatusOr<model::AssetGroup> Group(const CallContext& context, VendorAccount& account,
                                          const model::UpstreamHandle& handle);
  absl::StatusOr<model::Asset> Asset(const CallContext& context, VendorAccount& account,
                                     const model::UpstreamHandle& handle);

  // Reads the vendor's whole list. Of the assets: only those of `group_ids`, unless it is empty or the vendor has no
  // groups. `type` is that of the groups; kUnspecified: any, or what the vendor lists without one.
  absl::Status AllGroups(const CallContext& context, VendorAccount& account, model::GroupType type);
  absl::Status AllAssets(const CallContext& context, VendorAccount& account, const std::vector<std::string>& group_ids,
                         model::GroupType type);

 private:
  // `guess`: the group's type if neither the report nor the store says it.
  absl::StatusOr<model::AssetGroup> Put(const std::string& tenant, const std::string& upstream,
                                        const upstream::GroupReport& report,
                                        model::GroupType guess = model::GroupType::kUnspecified);
  // `type`: of the asset's group, if that is known.
  absl::StatusOr<model::Asset> Put(const CallContext& context, VendorAccount& account,
                                   const upstream::AssetReport& report,
                                   model::GroupType type = model::GroupType::kUnspecified);
  // The stored asset that the vendor knows by this id, if there is one.
  absl::StatusOr<std::optional<model::Asset>> Known(const model::UpstreamHandle& at_vendor);
  // The group that the report names, in the store.
  absl::StatusOr<model::UpstreamHandle> GroupOf(const CallContext& context, VendorAccount& account,
                                                const upstream::AssetReport& report, model::GroupType type);

  store::Store& store_;
  AssetTracker& tracker_;
  base::Clock& clock_;
};

// The stored group or asset if it belongs to the tenant; NOT_FOUND otherwise, foreign ones included.
absl::StatusOr<model::AssetGroup> OwnGroup(store::GroupStore& store, const std::string& tenant,
                                           const model::UpstreamHandle& handle);
absl::StatusOr<model::Asset> OwnAsset(store::AssetStore& store, const std::string& tenant,
                                      const model::UpstreamHandle& handle);

// NOT_FOUND for a group or an asset.
absl::Status GroupNotFound(const model::UpstreamHandle& handle);
absl::Status AssetNotFound(const model::UpstreamHandle& handle);

// FAILED_PRECONDITION: the credentials are shared.
absl::Status SharedCredentials(const VendorAccount& account);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ADOPTION_H_
