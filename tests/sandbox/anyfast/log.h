#ifndef SEEDANCE_TESTS_SANDBOX_ANYFAST_LOG_H_
#define SEEDANCE_TESTS_SANDBOX_ANYFAST_LOG_H_

#include <deque>
#include <string>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "tests/sandbox/wire/dialect.h"

namespace seedance::sandbox {

// `GET /api/log/token`: what a key was billed, refunded and refused, newest first, as the new-api family shows it.
// Thread-safe.
class AnyFastLog {
 public:
  explicit AnyFastLog(Shared shared) : shared_(shared) {}

  ApiReply Read(const std::string& key);

 private:
  // Whether another read is allowed now; counts it.
  bool MayRead(absl::Time now);

  Shared shared_;
  base::Mutex mutex_;
  std::deque<absl::Time> reads_ ABSL_GUARDED_BY(mutex_);  // Of the last 20 minutes.
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_ANYFAST_LOG_H_
