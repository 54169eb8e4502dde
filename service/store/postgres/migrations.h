#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_MIGRATIONS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_MIGRATIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/store/postgres/connection.h"

namespace seedance::store::postgres {

// Number i leads from version i to i + 1. Released migrations are never edited; changes are appended.
const std::vector<const char*>& Migrations();

// Creates `schema` if there is none and migrates it to the latest version, in one transaction. The caller holds the
// lock of the store. FAILED_PRECONDITION when a newer release of the gateway made the schema. Throws PostgresError.
//
// Tests: tests/unit/store/postgres/postgres_open_test.cc
absl::Status Migrate(Connection& connection, const std::string& schema);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_MIGRATIONS_H_
