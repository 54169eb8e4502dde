#ifndef SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_

#include <cstdint>
#include <string>

#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/files/marker.h"

// Table store_meta: the one row about the database itself. Functions throw SQLite::Exception; all but ReadFacts need an
// open transaction.
//
// Tests: tests/unit/store/sqlite/write_queue_test.cc, tests/unit/store/sqlite/backup_test.cc
namespace seedance::store::sqlite {

// The database's epoch; sets it to `fresh` if it has none.
std::string ReadOrMakeEpoch(Connection& connection, const std::string& fresh);

// Numbers a commit. Returns the extent of the database including it.
Extent CountCommit(Connection& connection);

// Sets another epoch: earlier revisions become meaningless.
void ReplaceEpoch(Connection& connection, const std::string& fresh);

// Overwrites a row that exists for this only. It takes as much room in the log as the creation of a task, so it fails
// for want of space when that would.
void WriteProbe(Connection& connection);

// What a database says about itself.
struct DatabaseFacts {
  int version = 0;    // Schema version. 0: it is empty.
  std::string epoch;  // Empty: none yet.
  Extent extent;
};
// Reads version, epoch and extent; works with every version.
DatabaseFacts ReadFacts(Connection& connection);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_
