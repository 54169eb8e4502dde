#ifndef SEEDANCE_SERVICE_STORE_SQL_ASSET_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQL_ASSET_ROWS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/model/asset.h"
#include "service/store/sql/session.h"
#include "service/store/store.h"

// Table assets. Contracts as in the methods of Store of the same name. Functions throw as Session; writes need
// an open transaction.
//
// Tests: tests/contract/store_contract_assets.cc
namespace seedance::store::sql {

// The asset of a row with the columns revision and body.
absl::StatusOr<model::Asset> AssetFromRow(const Query& row);
// Inserts or replaces; sets the revision of `asset`.
void WriteAsset(Session& session, model::Asset& asset);
// Read, delete (unconditionally; only with this vendor id).
absl::StatusOr<model::Asset> ReadAsset(Session& session, const model::UpstreamHandle& handle);
absl::Status EraseAsset(Session& session, const model::UpstreamHandle& handle);
absl::StatusOr<bool> EraseAssetOf(Session& session, const model::UpstreamHandle& handle,
                                  const std::string& upstream_id);
// One page, newest first.
absl::StatusOr<model::Page<model::Asset>> ListAssets(Session& session, const Store::AssetFilter& filter,
                                                     const model::PageCursor& after, int limit);
// Lookups by name, by content and by the vendor's present id.
absl::StatusOr<std::optional<model::Asset>> FindAsset(Session& session, const model::UpstreamHandle& group,
                                                      const std::string& display_name);
absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(Session& session, const model::UpstreamHandle& group,
                                                               const std::string& sha256);
absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(Session& session, const std::string& upstream,
                                                                const std::string& vendor_id);
// Lists over all tenants.
absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets(Session& session);
absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets(Session& session);
std::map<model::AssetState, int64_t> CountAssets(Session& session, const std::string& upstream);
// PROCESSING or ACTIVE assets at the upstream: their number; the tenant's least recently used.
int64_t CountLiveAssets(Session& session, const std::string& upstream);
absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(Session& session, const std::string& tenant,
                                                                const std::string& upstream, int limit);

// The figures and lists of Store::Library, one statement each.
absl::StatusOr<Store::Library> ReadLibrary(Session& session, const std::string& tenant, const std::string& upstream,
                                           absl::Time now, int limit);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_ASSET_ROWS_H_
