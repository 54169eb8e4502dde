#include "service/rpc/heartbeats.h"

#include <pthread.h>

namespace seedance::rpc {

Heartbeats::Heartbeats(base::Clock& clock) : clock_(clock), thread_([this] { Run(); }) {}

Heartbeats::~Heartbeats() { Stop(); }

uint64_t Heartbeats::Add(absl::Time due, OnDue on_due) {
  base::MutexLock lock(mutex_);
  if (stopped_) return 0;
  const uint64_t id = next_id_++;
  entries_.emplace(id, Entry{due, std::move(on_due)});
  const bool first = queue_.empty() || due < queue_.begin()->first;
  queue_.emplace(due, id);
  if (first) changed_.NotifyAll();
  return id;
}

void Heartbeats::Remove(uint64_t id) {
  OnDue dropped;  // Destroyed after the lock, for it may hold the last reference to a stream.
  base::MutexLock lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  queue_.erase({entry->second.due, id});
  dropped = std::move(entry->second.on_due);
  entries_.erase(entry);
}

void Heartbeats::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  std::map<uint64_t, Entry> dropped;
  base::MutexLock lock(mutex_);
  dropped.swap(entries_);
  queue_.clear();
}

void Heartbeats::Run() {
  pthread_setname_np(pthread_self(), "heartbeats");
  for (;;) {
    uint64_t id = 0;
    {
      base::MutexLock lock(mutex_);
      while (!stopped_ && (queue_.empty() || queue_.begin()->first > clock_.Now())) {
        clock_.WaitUntil(changed_, mutex_, queue_.empty() ? absl::InfiniteFuture() : queue_.begin()->first);
      }
      if (stopped_) return;
      id = queue_.begin()->second;
    }
    RunDue(id);
  }
}

void Heartbeats::RunDue(uint64_t id) {
  OnDue on_due;
  {
    base::MutexLock lock(mutex_);
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) return;
    queue_.erase({entry->second.due, id});
    on_due = std::move(entry->second.on_due);
  }
  const absl::Time next = on_due();
  base::MutexLock lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;  // Removed meanwhile.
  if (next == absl::InfiniteFuture()) {
    entries_.erase(entry);
    return;
  }
  entry->second = Entry{next, std::move(on_due)};
  queue_.emplace(next, id);
}

}  // namespace seedance::rpc
