#ifndef SEEDANCE_SERVICE_STORE_SQLITE_MIGRATIONS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_MIGRATIONS_H_

#include <vector>

#include "absl/status/status.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// SQL that brings a database from version i (its user_version) to i + 1, for each i from 0. A released one is never
// edited; changes are appended.
const std::vector<const char*>& Migrations();

// Brings the database to the latest version, all in one transaction. FAILED_PRECONDITION when a newer release of the
// gateway made it. Throws SQLite::Exception.
absl::Status Migrate(Connection& connection);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_MIGRATIONS_H_
