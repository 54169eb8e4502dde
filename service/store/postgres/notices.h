#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_NOTICES_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_NOTICES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "service/store/ownership.h"
#include "service/store/postgres/connection.h"

// What replicas tell each other and count together: tables notices and open_tasks. Functions throw PostgresError.
//
// Tests: tests/unit/store/postgres/notices_test.cc
namespace seedance::store::postgres {

// In a write transaction: replaces the notices of their keys, and removes those that were over a while before `now`.
void WriteNotices(Connection& connection, const std::vector<Notice>& notices, int64_t sender, absl::Time now);
// As Ownership::ReadPosted; those of senders for which `is_own` is true are left out. `own`: the present one.
Ownership::Posted ReadNotices(Connection& connection, int64_t after, int64_t own,
                              absl::FunctionRef<bool(int64_t sender)> is_own);

// How many tasks of the tenant have not ended.
int64_t ReadOpenTasks(Connection& connection, const std::string& tenant);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_NOTICES_H_
