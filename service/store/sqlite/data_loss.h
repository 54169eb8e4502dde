#ifndef SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// What was taken back because the database may be older than the calls that were sent.
struct Distrusted {
  std::string epoch;  // The new one.
  int tasks = 0;      // PENDING ones, which are in doubt now.
  int calls = 0;      // Journal rows "not accepted", which are in doubt now.
  int assets = 0;     // Assets with a source URI, whose next creation by the gateway is in doubt now.
};

// Prepares a database that may have lost its newest part for going on with it, in one transaction: what it says is
// still to be sent may have been sent since. So a task that was PENDING, and a call that may be tried again, count as
// sent without an answer, which the next start settles as after a crash. The same holds for the next creation of each
// asset that the gateway could create again by itself: its row is written in doubt. It gets a new epoch, because its
// revisions may be given a second time. At the latest version. `now`: of the rows. Throws SQLite::Exception.
absl::StatusOr<Distrusted> Distrust(Connection& connection, absl::Time now);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_
