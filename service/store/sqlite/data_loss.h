#ifndef SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// What was taken back because the database may be older than the calls that were sent.
struct Distrusted {
  std::string epoch;  // The new one.
  int tasks = 0;      // PENDING ones, which are in doubt now.
  int calls = 0;      // Journal rows "not accepted", which are in doubt now.
};

// Prepares a database that may have lost its newest part for going on with it, in one transaction: what it says is
// still to be sent may have been sent since. So a task that was PENDING, and a call that may be tried again, count as
// sent without an answer, which the next start settles as after a crash. It gets a new epoch, because its revisions may
// be given a second time. At the latest version. Throws SQLite::Exception.
absl::StatusOr<Distrusted> Distrust(Connection& connection);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_DATA_LOSS_H_
