#ifndef SEEDANCE_SERVICE_STORE_SQLITE_INSPECTION_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_INSPECTION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/files/database_files.h"
#include "service/store/sqlite/files/marker.h"
#include "service/store/sqlite/store_meta.h"

// What a start looks at before it changes anything: whether the database holds all that it held.
namespace seedance::store::sqlite {

struct Inspection {
  std::vector<std::string> missing;  // Texts for the operator. Empty: nothing.
  bool unusable = false;             // What is there is no database that one could go on with.
  DatabaseFacts facts;               // Of the database that is there.
};

// Looks at the files, which no process uses. `check_time`: the most time spent on reading pages (PRAGMA quick_check);
// 0: none. Changes nothing. FAILED_PRECONDITION: something cannot be read, which is not to say that it is damaged, or
// a newer release or another program made the database.
absl::StatusOr<Inspection> Inspect(const DatabaseFiles& files, absl::Duration check_time, base::Clock& clock);

// Whether SQLite must not open the file: it takes an empty one for a new database, and deletes the log beside it.
// Empty: it may, or there is neither a database nor what belongs to one. Else a text for the operator. Opens and closes
// the database: not while SQLite has it open in this process and relies on its locks.
std::string FindFileDamage(const DatabaseFiles& files, const std::optional<Marker>& marker, bool has_log);

// Reads the pages of the database for `limit` at most. Empty: nothing is wrong with those that were read, of which a
// log line says how many seconds it took and whether they were all. Else SQLite's words for the first mistake.
// Throws SQLite::Exception when they cannot be read for another reason.
std::string FindPageDamage(Connection& connection, absl::Duration limit, base::Clock& clock);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_INSPECTION_H_
