#ifndef SEEDANCE_SERVICE_STORE_SQL_GROUP_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQL_GROUP_ROWS_H_

#include "absl/status/statusor.h"
#include "service/model/asset_group.h"
#include "service/store/sql/session.h"
#include "service/store/store.h"

// Table asset_groups. Contracts as in the methods of Store of the same name. Functions throw as Session; writes
// need an open transaction.
//
// Tests: tests/contract/store_contract_groups.cc
namespace seedance::store::sql {

// Inserts or replaces; sets the revision of `group`.
void WriteGroup(Session& session, model::AssetGroup& group);
// NOT_FOUND when there is none.
absl::StatusOr<model::AssetGroup> ReadGroup(Session& session, const model::UpstreamHandle& handle);
// Deletes the group with its assets; only without assets (false: it has some). NOT_FOUND when there is none.
absl::Status EraseGroup(Session& session, const model::UpstreamHandle& handle);
absl::StatusOr<bool> EraseEmptyGroup(Session& session, const model::UpstreamHandle& handle);
// One page, newest first.
absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(Session& session, const Store::GroupFilter& filter,
                                                          const model::PageCursor& after, int limit);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_GROUP_ROWS_H_
