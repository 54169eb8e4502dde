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

// Checks of a start before it changes anything: whether the database holds all that it held.
//
// Tests: tests/unit/store/sqlite/store_loss_test.cc
namespace seedance::store::sqlite {

// Result of Inspect.
struct Inspection {
  std::vector<std::string> missing;  // What was lost, as texts for the operator. Empty: nothing.
  bool unusable = false;             // No database is there that one could go on with.
  DatabaseFacts facts;               // Of the database that is there.
};

// Examines the files, which no process may be using, without changing anything. `check_time`: maximum time for reading
// pages (PRAGMA quick_check); 0: none. FAILED_PRECONDITION: something cannot be read (which is not to say that it is
// damaged), or a newer release or another program made the database.
absl::StatusOr<Inspection> Inspect(const DatabaseFiles& files, absl::Duration check_time, base::Clock& clock);

// Why SQLite must not open the file (it takes an empty file for a new database and deletes the log beside it), as a
// text for the operator. Empty: it may, or there is neither a database nor a file that belongs to one. Opens and closes
// the file: not while SQLite has it open in this process and relies on its locks.
std::string FindFileDamage(const DatabaseFiles& files, const std::optional<Marker>& marker, bool has_log);

// Verifies pages of the database for at most `limit`; logs the time taken and whether all were read. Empty: no fault
// found. Otherwise SQLite's text of the first fault. Throws SQLite::Exception when pages cannot be read for another
// reason.
std::string FindPageDamage(Connection& connection, absl::Duration limit, base::Clock& clock);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_INSPECTION_H_
