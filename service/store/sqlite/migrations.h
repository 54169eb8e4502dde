#ifndef SEEDANCE_SERVICE_STORE_SQLITE_MIGRATIONS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_MIGRATIONS_H_

#include <vector>

#include "absl/status/status.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// One schema step: from a version (user_version) to the next.
struct Migration {
  const char* sql;
  // Fills in, after `sql`, what only code can compute. Null: nothing.
  void (*fill)(Connection& connection) = nullptr;
};

// Number i leads from version i to i + 1. Released migrations are never edited; changes are appended.
const std::vector<Migration>& Migrations();

// First version that counts commits (store_meta.commits).
inline constexpr int kVersionWithCommits = 5;

// FAILED_PRECONDITION when the store was moved, or a newer release of the gateway made a database of this version.
absl::Status CheckVersion(int version);

// Migrates the database to the latest version in one transaction. Errors as CheckVersion. Throws SQLite::Exception.
absl::Status Migrate(Connection& connection);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_MIGRATIONS_H_
