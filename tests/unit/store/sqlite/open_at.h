#ifndef SEEDANCE_TESTS_UNIT_STORE_SQLITE_OPEN_AT_H_
#define SEEDANCE_TESTS_UNIT_STORE_SQLITE_OPEN_AT_H_

#include <memory>
#include <string>

#include "service/base/error.h"
#include "service/store/sqlite/sqlite_store.h"

namespace seedance::store::sqlite {

// The store in this file. `max_pages`: no more pages than these; 0: as many as fit.
inline absl::StatusOr<std::unique_ptr<Store>> OpenAt(const std::string& path, int64_t max_pages = 0) {
  SqliteOptions options;
  options.path = path;
  options.max_pages = max_pages;
  return OpenSqliteStore(options);
}

// Why the store failed, by its error.
inline std::string Cause(const absl::Status& status) { return base::GetErrorDetail(status).metadata["cause"]; }

inline std::string Says(const absl::Status& status) { return std::string(status.message()); }

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_TESTS_UNIT_STORE_SQLITE_OPEN_AT_H_
