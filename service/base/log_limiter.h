#ifndef SEEDANCE_SERVICE_BASE_LOG_LIMITER_H_
#define SEEDANCE_SERVICE_BASE_LOG_LIMITER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::base {

// Who can cause a line of the log, which decides how many are written.
enum class LogCause {
  kOwn,     // The gateway's own work, and callers that are known.
  kAnyone,  // Whoever reaches a port.
};

// Bounds the lines of each kind. Every kind has a token bucket of its own, so a flood of one kind never costs a line of
// another. Knows no clock: the caller says what time it is. Thread-safe.
class LogLimiter {
 public:
  // Lines a second of one kind; a burst may have two seconds' worth.
  struct Rates {
    double own = 10000;
    double anyone = 20;
  };
  // Lines of one kind that were dropped since the last report.
  struct Report {
    std::string kind;
    uint64_t dropped = 0;
    absl::Duration span;  // The time in which they were dropped.
  };

  // Kinds beyond this many share one, `other`: names of kinds may come from libraries.
  static constexpr size_t kMaxKinds = 256;
  // A kind that loses lines is reported as often.
  static constexpr absl::Duration kReportInterval = absl::Seconds(10);

  void SetRates(const Rates& rates);

  // Whether a line of `kind` may be written. False: it is counted as dropped.
  bool Admit(std::string_view kind, LogCause cause, absl::Time now);

  // The kinds whose report is due, or all that lost lines if `all`. A report begins the next interval.
  std::vector<Report> TakeReports(absl::Time now, bool all);

  // All lines dropped so far, by kind.
  std::map<std::string, uint64_t> Totals();

 private:
  struct Kind {
    double tokens = 0;
    absl::Time filled = absl::InfinitePast();
    uint64_t dropped = 0;   // Since the last report.
    absl::Time first_drop;  // If `dropped` is not 0.
    uint64_t total = 0;
  };

  Kind& FindLocked(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  Rates rates_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Kind, std::less<>> kinds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_LIMITER_H_
