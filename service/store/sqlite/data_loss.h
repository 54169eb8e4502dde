#ifndef SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// What was put in doubt because the database may be older than the requests that were sent.
//
// Tests: tests/unit/store/sqlite/store_loss_test.cc, tests/unit/store/sqlite/backup_test.cc
struct Distrusted {
  std::string epoch;  // The new epoch.
  int tasks = 0;      // PENDING tasks, now in doubt.
  int calls = 0;      // Journal entries "not accepted", now in doubt.
  int assets = 0;     // Assets with a source URI, whose next re-creation is now in doubt.
};

// Prepares a database that may have lost its newest part, in one transaction: what it describes as not sent yet may
// have been sent. PENDING tasks and repeatable entries count as sent without an answer, which the next start treats as
// after a crash. The next re-creation of each asset with a source URI gets an entry in doubt. The database gets a new
// epoch, because revisions may be issued again. Requires the latest schema version. `now`: time of the changes. Throws
// SQLite::Exception.
absl::StatusOr<Distrusted> Distrust(Connection& connection, absl::Time now);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_
