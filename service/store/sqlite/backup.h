#ifndef SEEDANCE_SERVICE_STORE_SQLITE_BACKUP_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_BACKUP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/store_meta.h"

namespace seedance::store::sqlite {

// Counts of what a database holds, for the operator.
struct Contents {
  DatabaseFacts facts;
  int64_t groups = 0;
  int64_t assets = 0;
  int64_t tasks = 0;
  int64_t open_tasks = 0;    // Of them, those that have not ended.
  int64_t billed_calls = 0;  // Rows of the journal.
  int64_t calls_unsure = 0;  // Of them, those in flight or in doubt.
};

// Reads the counts. Throws SQLite::Exception, also when `connection` is not to a gateway's database.
Contents CountContents(Connection& connection);
// One line of text for the operator.
std::string Describe(const Contents& contents);

// Copies the database at `path` to the new file `target`: one whole SQLite database (mode 0600) without a log, from one
// snapshot, while a gateway may be using it. The copy is verified (PRAGMA integrity_check) and on disk before it gets
// its name. FAILED_PRECONDITION, with a text for the operator: there is no gateway's database, `target` exists or
// cannot be written, or the copy, and so the database, is damaged.
absl::StatusOr<Contents> BackUp(const std::string& path, const std::string& target);

// The copy alone: to a file that does not exist, flushed and verified. Throws SQLite::Exception.
absl::StatusOr<Contents> CopyDatabase(const std::string& from, const std::string& to);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_BACKUP_H_
