#ifndef SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_

#include <cstdint>
#include <string>

#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/files/marker.h"

// The one row about the database itself. Throws SQLite::Exception.
namespace seedance::store::sqlite {

// The database's epoch; `fresh` becomes it if it has none yet.
std::string ReadOrMakeEpoch(Connection& connection, const std::string& fresh);

// The next revision of the store. Inside a transaction: undone with it.
int64_t NextRevision(Connection& connection);

// Counts a commit, inside its transaction. Returns what the database holds with it.
Extent CountCommit(Connection& connection);

// Gives the database another epoch: revisions of before mean nothing any more. Inside a transaction.
void ReplaceEpoch(Connection& connection, const std::string& fresh);

// Overwrites the row that is there for nothing else, inside a transaction. It takes as much room in the log as the
// creation of a task, so that it fails for want of room when that would.
void WriteProbe(Connection& connection);

// What a database says about itself.
struct DatabaseFacts {
  int version = 0;    // 0: it is empty.
  std::string epoch;  // Empty: none yet.
  Extent extent;
};
DatabaseFacts ReadFacts(Connection& connection);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_
