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

// Who can cause a log line; decides which rate applies.
enum class LogCause {
  kOwn,     // The gateway's own work, and authenticated callers.
  kAnyone,  // Any peer that reaches a port.
};

// Rate limiter of log lines with one token bucket per kind, so a flood of one kind never costs a line of another. Reads
// no clock: the caller passes the time. Thread-safe.
class LogLimiter {
 public:
  // Lines a second of one kind; the burst is two seconds' worth.
  struct Rates {
    double own = 10000;  // For LogCause::kOwn.
    double anyone = 20;  // For LogCause::kAnyone.
  };
  // Lines of one kind dropped since the last report.
  struct Report {
    std::string kind;
    uint64_t dropped = 0;
    absl::Duration span;  // Time in which they were dropped.
  };

  // Kinds beyond this number share the kind `other`: names may come from libraries.
  static constexpr size_t kMaxKinds = 256;
  // At most one report per kind in this time.
  static constexpr absl::Duration kReportInterval = absl::Seconds(10);

  // Applies to all kinds from the next line on.
  void SetRates(const Rates& rates);

  // Whether a line of `kind` may be written. False: it is counted as dropped.
  bool Admit(std::string_view kind, LogCause cause, absl::Time now);

  // The kinds whose report is due; with `all`, every kind that lost lines. A report starts the kind's next interval.
  std::vector<Report> TakeReports(absl::Time now, bool all);

  // All lines dropped so far, by kind.
  std::map<std::string, uint64_t> Totals();

 private:
  // Token bucket and counts of one kind.
  struct Kind {
    double tokens = 0;
    absl::Time filled = absl::InfinitePast();
    uint64_t dropped = 0;   // Since the last report.
    absl::Time first_drop;  // Valid if `dropped` is not 0.
    uint64_t total = 0;
  };

  // The row of `name`, or that of `other` beyond kMaxKinds.
  Kind& FindLocked(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  Rates rates_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Kind, std::less<>> kinds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_LIMITER_H_
