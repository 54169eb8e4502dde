#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_GROUP_ROWS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_GROUP_ROWS_H_

#include "absl/status/statusor.h"
#include "service/model/asset_group.h"
#include "service/store/postgres/connection.h"
#include "service/store/store.h"

// Table asset_groups. Contracts as in the methods of Store of the same name. Functions throw PostgresError; writes
// need an open transaction.
//
// Tests: tests/contract/store_contract_groups.cc
namespace seedance::store::postgres {

// Inserts or replaces; sets the revision of `group`.
void WriteGroup(Connection& connection, model::AssetGroup& group);
// NOT_FOUND when there is none.
absl::StatusOr<model::AssetGroup> ReadGroup(Connection& connection, const model::UpstreamHandle& handle);
// Deletes the group with its assets; only without assets (false: it has some). NOT_FOUND when there is none.
absl::Status EraseGroup(Connection& connection, const model::UpstreamHandle& handle);
absl::StatusOr<bool> EraseEmptyGroup(Connection& connection, const model::UpstreamHandle& handle);
// One page, newest first.
absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(Connection& connection, const Store::GroupFilter& filter,
                                                          const model::PageCursor& after, int limit);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_GROUP_ROWS_H_
