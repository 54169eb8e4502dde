#ifndef SEEDANCE_SERVICE_STORE_SOUNDNESS_H_
#define SEEDANCE_SERVICE_STORE_SOUNDNESS_H_

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "service/base/mutex.h"

namespace seedance::store {

// Whether the open database can be trusted. Once lost, trust does not return before the process ends: a replaced or
// corrupt database does not repair itself, and one that another process has taken over is not given back. Thread-safe.
//
// Tests: tests/unit/store/sqlite/store_soundness_test.cc
class Soundness {
 public:
  // `name`: the database, for the log.
  explicit Soundness(std::string name) : name_(std::move(name)) {}

  // Marks the database as not trusted. Logged once; the first cause stays.
  void Lose(std::string_view cause);

  // OK, or base::StoreUnavailable with the cause.
  absl::Status status() const;

 private:
  const std::string name_;
  std::atomic<bool> lost_ = false;
  mutable base::Mutex mutex_;
  std::string cause_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_SOUNDNESS_H_
