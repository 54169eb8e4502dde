#ifndef SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_ERROR_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_ERROR_H_

#include <SQLiteCpp/Exception.h>

#include <string_view>

#include "absl/status/status.h"
#include "service/store/soundness.h"

namespace seedance::store::sqlite {

// Metadata `cause` of a SQLite result code (extended or primary): `disk_full`, `read_only`, `corrupt` and so on. Never
// empty.
//
// Tests: tests/unit/store/sqlite/sqlite_failure_test.cc
std::string_view CauseOf(int code);

// base::StoreUnavailable with CauseOf in metadata `cause`; SQLite's own text is logged only.
absl::Status StatusOf(const SQLite::Exception& error);

// The same; corruption marks the database as not trusted.
absl::Status Saw(Soundness& soundness, const SQLite::Exception& error);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_SQLITE_ERROR_H_
