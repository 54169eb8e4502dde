#include "service/base/due_queue.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "service/base/thread.h"

namespace seedance::base {
namespace {

// A smaller step back is an ordinary correction of the clock.
constexpr absl::Duration kNoStep = absl::Seconds(1);

}  // namespace

DueQueue::DueQueue(std::string thread_name, Clock& clock, absl::AnyInvocable<void(const std::string& key)> on_due)
    : thread_name_(thread_name.substr(0, 15)), clock_(clock), on_due_(std::move(on_due)) {}

DueQueue::~DueQueue() { Stop(); }

void DueQueue::Start() {
  thread_ = base::StartThread(thread_name_, [this] { Run(); });
}

void DueQueue::Schedule(const std::string& key, absl::Time due) {
  base::MutexLock lock(mutex_);
  auto [entry, is_new] = by_key_.try_emplace(key, due);
  if (!is_new) {
    by_time_.erase({entry->second, key});
    entry->second = due;
  }
  by_time_.insert({due, key});
  // Only a new front changes what the thread waits for.
  if (by_time_.begin()->second == key) changed_.NotifyOne();
}

bool DueQueue::Hasten(const std::string& key, absl::Time due) {
  base::MutexLock lock(mutex_);
  const auto entry = by_key_.find(key);
  if (entry == by_key_.end()) return false;
  if (due >= entry->second) return true;
  by_time_.erase({entry->second, key});
  entry->second = due;
  by_time_.insert({due, key});
  if (by_time_.begin()->second == key) changed_.NotifyOne();
  return true;
}

void DueQueue::Remove(const std::string& key) {
  base::MutexLock lock(mutex_);
  const auto entry = by_key_.find(key);
  if (entry == by_key_.end()) return;
  by_time_.erase({entry->second, key});
  by_key_.erase(entry);
}

bool DueQueue::Contains(const std::string& key) {
  base::MutexLock lock(mutex_);
  return by_key_.count(key) > 0;
}

bool DueQueue::AnyDue() {
  base::MutexLock lock(mutex_);
  const absl::Time now = NowLocked();
  return handing_out_ || (!by_time_.empty() && by_time_.begin()->first <= now);
}

size_t DueQueue::size() {
  base::MutexLock lock(mutex_);
  return by_key_.size();
}

void DueQueue::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Time DueQueue::NowLocked() {
  const absl::Time now = clock_.Now();
  const absl::Duration back = latest_ - now;
  const bool set_back = latest_ != absl::InfinitePast() && back > kNoStep;
  latest_ = set_back ? now : std::max(latest_, now);
  if (!set_back) return now;
  by_time_.clear();
  for (auto& [key, due] : by_key_) {
    due -= back;
    by_time_.insert({due, key});
  }
  return now;
}

void DueQueue::Run() {
  for (;;) {
    std::optional<std::string> key;
    {
      base::MutexLock lock(mutex_);
      handing_out_ = false;
      while (!stopped_ && !key.has_value()) {
        const absl::Time now = NowLocked();
        const absl::Time next = by_time_.empty() ? absl::InfiniteFuture() : by_time_.begin()->first;
        if (next > now) {
          clock_.WaitUntil(changed_, mutex_, next);
          continue;
        }
        key = by_time_.begin()->second;
        by_key_.erase(*key);
        by_time_.erase(by_time_.begin());
      }
      if (stopped_) return;
      handing_out_ = true;
    }
    on_due_(*key);
  }
}

}  // namespace seedance::base
