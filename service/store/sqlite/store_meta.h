#ifndef SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_

#include <cstdint>
#include <string>

#include "service/store/sqlite/connection.h"

// The one row about the database itself. Throws SQLite::Exception.
namespace seedance::store::sqlite {

// The database's epoch; `fresh` becomes it if it has none yet.
std::string ReadOrMakeEpoch(Connection& connection, const std::string& fresh);

// The next revision of the store. Inside a transaction: undone with it.
int64_t NextRevision(Connection& connection);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_STORE_META_H_
