#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_MIGRATIONS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_MIGRATIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/store/postgres/connection.h"

namespace seedance::store::postgres {

// A step to the next version of a schema. Releases run side by side during a rollout, so a step that takes something
// away, or gives it another meaning, comes only when the releases that need it are out of use: expand, later contract.
struct Migration {
  const char* sql;
  int needs;  // The version that a release must know at least to work with the schema from then on.
};

// Number i leads from version i to i + 1. Released migrations are never edited; changes are appended.
const std::vector<Migration>& Migrations();

// Creates `schema` if there is none and migrates it to the latest version, in one transaction, one caller at a time. A
// schema that has it, or a later one that this release can work with, is not touched: no permission to change tables is
// needed then. Returns the version. FAILED_PRECONDITION when a newer release made the schema and this one cannot work
// with it. Throws PostgresError.
//
// Tests: tests/unit/store/postgres/postgres_open_test.cc
absl::StatusOr<int> Migrate(Connection& connection, const std::string& schema);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_MIGRATIONS_H_
