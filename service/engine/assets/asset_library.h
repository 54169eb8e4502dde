#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_LIBRARY_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_LIBRARY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/model/asset.h"
#include "service/model/profile.h"
#include "service/store/asset_store.h"
#include "service/upstream/upstream.h"

// The rules of a vendor's library of assets: how many it keeps, and for how long without a use.
namespace seedance::engine {

// When an asset that was used at `used_time` will be dropped: `reported` where the vendor says it, else by the
// library's idle TTL. InfiniteFuture: never.
absl::Time ExpireTime(const model::AssetLibrary& library, absl::Time used_time,
                      const std::optional<absl::Time>& reported = std::nullopt);

// When an asset that is needed should be used, so that the vendor keeps it: 5 % of the idle TTL before its expire_time,
// and at least a minute. InfiniteFuture for one that never expires.
absl::Time TouchTime(const model::AssetLibrary& library, const model::Asset& asset);

// Whether another expire_time is worth a write: less than 1 % of the idle TTL (or a minute without one) is not.
bool IsOtherExpireTime(const model::AssetLibrary& library, absl::Time before, absl::Time after);

// One vendor's library as the store knows it; LibraryUsage in asset.proto explains the fields.
struct LibraryUsage {
  std::string upstream;
  model::AssetLibrary limits;
  store::AssetStore::Library library;  // `own_used_once` is empty unless it is nearly full.
  bool nearly_full = false;
  std::vector<std::string> warnings;
};
// The counts are of all tenants, the lists of `tenant` alone. Blocks on the store; its errors.
absl::StatusOr<LibraryUsage> ReadLibraryUsage(store::AssetStore& store, const std::string& tenant,
                                              const upstream::Upstream& upstream, absl::Time now);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_LIBRARY_H_
