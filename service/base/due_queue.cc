#include "service/base/due_queue.h"

namespace seedance::base {

DueQueue::DueQueue(Clock& clock, Timer::Alarm::Work work, absl::AnyInvocable<void(const std::string& key)> on_due)
    : clock_(clock), on_due_(std::move(on_due)), alarm_(clock, work, [this] { OnTime(); }) {}

void DueQueue::Start() {
  MutexLock lock(mutex_);
  started_ = true;
  SetAlarmLocked();
}

void DueQueue::Schedule(const std::string& key, absl::Time due) {
  MutexLock lock(mutex_);
  auto [entry, is_new] = by_key_.try_emplace(key, due);
  if (!is_new) {
    by_time_.erase({entry->second, key});
    entry->second = due;
  }
  by_time_.insert({due, key});
  if (by_time_.begin()->second == key) SetAlarmLocked();
}

bool DueQueue::Hasten(const std::string& key, absl::Time due) {
  MutexLock lock(mutex_);
  const auto entry = by_key_.find(key);
  if (entry == by_key_.end()) return false;
  if (due >= entry->second) return true;
  by_time_.erase({entry->second, key});
  entry->second = due;
  by_time_.insert({due, key});
  if (by_time_.begin()->second == key) SetAlarmLocked();
  return true;
}

void DueQueue::Remove(const std::string& key) {
  MutexLock lock(mutex_);
  const auto entry = by_key_.find(key);
  if (entry == by_key_.end()) return;
  by_time_.erase({entry->second, key});
  by_key_.erase(entry);
}

bool DueQueue::Contains(const std::string& key) {
  MutexLock lock(mutex_);
  return by_key_.count(key) > 0;
}

bool DueQueue::AnyDue() {
  MutexLock lock(mutex_);
  return handing_out_ || (!by_time_.empty() && by_time_.begin()->first <= clock_.Now());
}

size_t DueQueue::size() {
  MutexLock lock(mutex_);
  return by_key_.size();
}

// Too early is no harm: OnTime sets it again.
void DueQueue::SetAlarmLocked() {
  if (started_ && !by_time_.empty()) alarm_.Set(by_time_.begin()->first);
}

void DueQueue::OnTime() {
  std::string key;
  {
    MutexLock lock(mutex_);
    if (by_time_.empty() || by_time_.begin()->first > clock_.Now()) return SetAlarmLocked();
    key = by_time_.begin()->second;
    by_key_.erase(key);
    by_time_.erase(by_time_.begin());
    handing_out_ = true;
  }
  on_due_(key);
  MutexLock lock(mutex_);
  handing_out_ = false;
  SetAlarmLocked();
}

}  // namespace seedance::base
