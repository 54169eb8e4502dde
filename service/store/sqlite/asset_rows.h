#ifndef SEEDANCE_SERVICE_STORE_SQLITE_ASSET_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_ASSET_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/model/asset.h"
#include "service/store/sqlite/connection.h"
#include "service/store/store.h"

// Table assets. Promises of each as in Store; SQLite::Exception is thrown. Writes need a transaction.
namespace seedance::store::sqlite {

// Inserts or replaces, and sets the revision.
void WriteAsset(Connection& connection, model::Asset& asset);
absl::StatusOr<model::Asset> ReadAsset(Connection& connection, const model::UpstreamHandle& handle);
absl::Status EraseAsset(Connection& connection, const model::UpstreamHandle& handle);
absl::StatusOr<bool> EraseAssetOf(Connection& connection, const model::UpstreamHandle& handle,
                                  const std::string& upstream_id);
absl::StatusOr<model::Page<model::Asset>> ListAssets(Connection& connection, const Store::AssetFilter& filter,
                                                     const model::PageCursor& after, int limit);
absl::StatusOr<std::optional<model::Asset>> FindAsset(Connection& connection, const model::UpstreamHandle& group,
                                                      const std::string& display_name);
absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(Connection& connection,
                                                               const model::UpstreamHandle& group,
                                                               const std::string& sha256);
absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(Connection& connection, const std::string& upstream,
                                                                const std::string& vendor_id);
absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets(Connection& connection);
absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets(Connection& connection);
int64_t CountLiveAssets(Connection& connection, const std::string& upstream);
absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(Connection& connection, const std::string& tenant,
                                                                const std::string& upstream, int limit);

absl::StatusOr<Store::Library> ReadLibrary(Connection& connection, const std::string& tenant,
                                           const std::string& upstream, absl::Time now, int limit);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_ASSET_ROWS_H_
