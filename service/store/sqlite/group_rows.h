#ifndef SEEDANCE_SERVICE_STORE_SQLITE_GROUP_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_GROUP_ROWS_H_

#include "absl/status/statusor.h"
#include "service/model/asset_group.h"
#include "service/store/sqlite/connection.h"
#include "service/store/store.h"

// Table asset_groups. Promises of each as in Store; SQLite::Exception is thrown. Writes need a transaction.
namespace seedance::store::sqlite {

// Key of a group or asset: `{upstream}~{id}`.
std::string HandleKey(const model::UpstreamHandle& handle);

// Inserts or replaces, and sets the revision.
void WriteGroup(Connection& connection, model::AssetGroup& group);
absl::StatusOr<model::AssetGroup> ReadGroup(Connection& connection, const model::UpstreamHandle& handle);
// Deletes the assets too.
absl::Status EraseGroup(Connection& connection, const model::UpstreamHandle& handle);
absl::StatusOr<bool> EraseEmptyGroup(Connection& connection, const model::UpstreamHandle& handle);
absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(Connection& connection, const Store::GroupFilter& filter,
                                                          const model::PageCursor& after, int limit);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_GROUP_ROWS_H_
