#ifndef SEEDANCE_SERVICE_STORE_SQL_CHANGES_H_
#define SEEDANCE_SERVICE_STORE_SQL_CHANGES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "service/store/sql/session.h"
#include "service/store/store.h"

// What was written to tables tasks, deleted_tasks and assets, of all tenants. Throws as Session.
//
// Tests: tests/contract/store_contract_history.cc
namespace seedance::store::sql {

// As Store::ListChanges.
absl::StatusOr<std::vector<Store::Change>> ListChanges(Session& session, int64_t after, int limit);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_CHANGES_H_
