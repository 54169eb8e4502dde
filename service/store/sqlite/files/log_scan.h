#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILES_LOG_SCAN_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILES_LOG_SCAN_H_

#include <string>

#include "absl/status/statusor.h"

namespace seedance::store::sqlite {

// Reads a write-ahead log that no process uses and says how it is damaged; empty: not, as far as one can see, or there
// is none. SQLite takes a log up to the first frame that is not whole and forgets the rest, which is right for the last
// transaction of a machine that lost power, and for nothing else: each transaction is on disk before the next one
// begins, so one that was begun behind a damaged one proves that a committed one is lost. The checksums say what was
// begun behind what: frames of a torn transaction may be left behind those that were written in its place.
absl::StatusOr<std::string> FindLogDamage(const std::string& path);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_LOG_SCAN_H_
