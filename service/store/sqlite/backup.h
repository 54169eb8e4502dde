#ifndef SEEDANCE_SERVICE_STORE_SQLITE_BACKUP_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_BACKUP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/store_meta.h"

namespace seedance::store::sqlite {

// What a database holds, for a person.
struct Contents {
  DatabaseFacts facts;
  int64_t groups = 0;
  int64_t assets = 0;
  int64_t tasks = 0;
  int64_t open_tasks = 0;    // Of them, those that have not ended.
  int64_t billed_calls = 0;  // Rows of the journal.
  int64_t calls_unsure = 0;  // Of them, those under way or in doubt.
};

// Counts. Throws SQLite::Exception, also when `connection` is not to a database of a gateway.
Contents CountContents(Connection& connection);
std::string Describe(const Contents& contents);

// Copies the database at `path`, as it is at one moment and while a gateway may be using it, to the new file `target`,
// one whole SQLite database (mode 0600) without a log. The copy is read back (PRAGMA integrity_check) before it gets
// its name, and is on disk then. FAILED_PRECONDITION, with a text for the operator: there is no database of a gateway,
// `target` exists or cannot be written, or the copy is damaged, as then the database is.
absl::StatusOr<Contents> BackUp(const std::string& path, const std::string& target);

// The copy alone: from one file to another that does not exist, flushed and checked. Throws SQLite::Exception.
absl::StatusOr<Contents> CopyDatabase(const std::string& from, const std::string& to);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_BACKUP_H_
