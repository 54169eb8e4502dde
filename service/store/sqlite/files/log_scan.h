#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILES_LOG_SCAN_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILES_LOG_SCAN_H_

#include <string>

#include "absl/status/statusor.h"

namespace seedance::store::sqlite {

// Examines a write-ahead log that no process uses. Returns a description of the damage; empty: no damage found, or no
// log. An error when it cannot be read.
//
// SQLite applies a log up to the first incomplete frame and ignores the rest. That is right only for the last
// transaction of a machine that lost power: each transaction is on disk before the next one begins, so a transaction
// begun after a damaged one proves that a committed one is lost. The checksums tell the order: frames of a torn
// transaction may remain after those written in its place.
absl::StatusOr<std::string> FindLogDamage(const std::string& path);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_LOG_SCAN_H_
