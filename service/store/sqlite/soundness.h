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

// Whether the open database can be trusted. Once it cannot, that stays so until the process ends: a database that was
// replaced, or whose pages contradict one another, does not become whole by itself. Thread-safe.
class Soundness {
 public:
  explicit Soundness(std::string path) : path_(std::move(path)) {}

  // From now on the database is not trusted. Logged once; the first cause stays.
  void Lose(std::string_view cause);
  // Looks at an error of SQLite: a damaged database is not trusted any more. Returns it as StatusOf does.
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
