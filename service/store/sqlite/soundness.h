#ifndef SEEDANCE_SERVICE_STORE_SQLITE_SOUNDNESS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_SOUNDNESS_H_

#include <SQLiteCpp/Exception.h>

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "service/base/mutex.h"

namespace seedance::store::sqlite {

// Whether the open database can be trusted. Once lost, trust does not return before the process ends: a replaced or
// corrupt database does not repair itself. Thread-safe.
//
// Tests: tests/unit/store/sqlite/store_soundness_test.cc
class Soundness {
 public:
  explicit Soundness(std::string path) : path_(std::move(path)) {}

  // Marks the database as not trusted. Logged once; the first cause stays.
  void Lose(std::string_view cause);
  // Converts an error of SQLite as StatusOf does; corruption marks the database as not trusted.
  absl::Status Saw(const SQLite::Exception& error);

  // OK, or base::StoreUnavailable with the cause.
  absl::Status status() const;

 private:
  const std::string path_;
  std::atomic<bool> lost_ = false;
  mutable base::Mutex mutex_;
  std::string cause_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_SOUNDNESS_H_
