#include "service/base/log_limiter.h"

#include <algorithm>

namespace seedance::base {
namespace {

constexpr double kBurstSeconds = 2;
constexpr std::string_view kOther = "other";

}  // namespace

void LogLimiter::SetRates(const Rates& rates) {
  MutexLock lock(mutex_);
  rates_ = rates;
}

LogLimiter::Kind& LogLimiter::FindLocked(std::string_view name) {
  auto found = kinds_.find(name);
  if (found == kinds_.end() && kinds_.size() >= kMaxKinds) found = kinds_.find(name = kOther);
  if (found == kinds_.end()) found = kinds_.emplace(name, Kind()).first;
  return found->second;
}

bool LogLimiter::Admit(std::string_view kind, LogCause cause, absl::Time now) {
  MutexLock lock(mutex_);
  Kind& entry = FindLocked(kind);
  const double rate = cause == LogCause::kOwn ? rates_.own : rates_.anyone;
  const double burst = std::max(1.0, rate * kBurstSeconds);
  // A clock that was set back adds no tokens, one that was set forward adds a burst.
  const double passed = std::max(0.0, absl::ToDoubleSeconds(now - entry.filled));
  entry.tokens = std::min(burst, entry.tokens + passed * rate);
  entry.filled = now;
  if (entry.tokens >= 1) {
    entry.tokens -= 1;
    return true;
  }
  if (entry.dropped++ == 0) entry.first_drop = now;
  ++entry.total;
  return false;
}

std::vector<LogLimiter::Report> LogLimiter::TakeReports(absl::Time now, bool all) {
  std::vector<Report> reports;
  MutexLock lock(mutex_);
  for (auto& [name, kind] : kinds_) {
    if (kind.dropped == 0) continue;
    const absl::Duration span = now - kind.first_drop;
    // Negative: the clock was set back.
    if (!all && span >= absl::ZeroDuration() && span < kReportInterval) continue;
    reports.push_back({name, kind.dropped, std::max(span, absl::ZeroDuration())});
    kind.dropped = 0;
  }
  return reports;
}

std::map<std::string, uint64_t> LogLimiter::Totals() {
  std::map<std::string, uint64_t> totals;
  MutexLock lock(mutex_);
  for (const auto& [name, kind] : kinds_) {
    if (kind.total > 0) totals[name] = kind.total;
  }
  return totals;
}

}  // namespace seedance::base
