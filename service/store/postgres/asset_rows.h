#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_ASSET_ROWS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_ASSET_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/model/asset.h"
#include "service/store/postgres/connection.h"
#include "service/store/store.h"

// Table assets. Contracts as in the methods of Store of the same name. Functions throw PostgresError; writes need
// an open transaction.
//
// Tests: tests/contract/store_contract_assets.cc
namespace seedance::store::postgres {

// Inserts or replaces; sets the revision of `asset`.
void WriteAsset(Connection& connection, model::Asset& asset);
// Read, delete (unconditionally; only with this vendor id).
absl::StatusOr<model::Asset> ReadAsset(Connection& connection, const model::UpstreamHandle& handle);
absl::Status EraseAsset(Connection& connection, const model::UpstreamHandle& handle);
absl::StatusOr<bool> EraseAssetOf(Connection& connection, const model::UpstreamHandle& handle,
                                  const std::string& upstream_id);
// One page, newest first.
absl::StatusOr<model::Page<model::Asset>> ListAssets(Connection& connection, const Store::AssetFilter& filter,
                                                     const model::PageCursor& after, int limit);
// Lookups by name, by content and by the vendor's present id.
absl::StatusOr<std::optional<model::Asset>> FindAsset(Connection& connection, const model::UpstreamHandle& group,
                                                      const std::string& display_name);
absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(Connection& connection,
                                                               const model::UpstreamHandle& group,
                                                               const std::string& sha256);
absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(Connection& connection, const std::string& upstream,
                                                                const std::string& vendor_id);
// Lists over all tenants.
absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets(Connection& connection);
absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets(Connection& connection);
// PROCESSING or ACTIVE assets at the upstream: their number; the tenant's least recently used.
int64_t CountLiveAssets(Connection& connection, const std::string& upstream);
absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(Connection& connection, const std::string& tenant,
                                                                const std::string& upstream, int limit);

// The figures and lists of Store::Library, one statement each.
absl::StatusOr<Store::Library> ReadLibrary(Connection& connection, const std::string& tenant,
                                           const std::string& upstream, absl::Time now, int limit);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_ASSET_ROWS_H_
