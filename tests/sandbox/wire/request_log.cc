#include "tests/sandbox/wire/request_log.h"

#include <utility>

namespace seedance::sandbox {
namespace {

constexpr size_t kMaxRecent = 1000;

}  // namespace

int64_t RequestLog::Arrived(const std::string& pattern, RequestRow row) {
  base::MutexLock lock(mutex_);
  ++counts_[pattern];
  row.seq = ++last_seq_;
  recent_.push_back(std::move(row));
  if (recent_.size() > kMaxRecent) recent_.pop_front();
  return last_seq_;
}

void RequestLog::Replied(int64_t seq, int status) {
  base::MutexLock lock(mutex_);
  if (recent_.empty() || seq < recent_.front().seq || seq > recent_.back().seq) return;
  recent_[static_cast<size_t>(seq - recent_.front().seq)].status = status;
}

std::map<std::string, int64_t> RequestLog::Counts() {
  base::MutexLock lock(mutex_);
  return counts_;
}

std::vector<RequestRow> RequestLog::Recent() {
  base::MutexLock lock(mutex_);
  return {recent_.begin(), recent_.end()};
}

void RequestLog::Reset() {
  base::MutexLock lock(mutex_);
  last_seq_ = 0;
  counts_.clear();
  recent_.clear();
}

}  // namespace seedance::sandbox
