#include "service/store/task_cache.h"

#include <utility>

namespace seedance::store {
namespace {

// Overhead of an entry: the id twice, links of list and map.
constexpr size_t kEntryBytes = 250;

size_t MemoryOf(const TaskCache::Task& task) {
  return task == nullptr ? 0 : sizeof(*task) + model::EstimatedBytes(*task);
}

}  // namespace

TaskCache::Task TaskCache::Find(const std::string& id) {
  base::MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second->writes > 0) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->task;
}

void TaskCache::BeginWrite(const std::string& id) {
  base::MutexLock lock(mutex_);
  Entry& entry = At(id);
  ++entry.writes;
  entry.turn = 0;
}

void TaskCache::EndWrite(const std::string& id, Task committed) {
  base::MutexLock lock(mutex_);
  const auto found = by_id_.find(id)->second;  // Present: Shrink keeps entries with writes.
  if (committed == nullptr) {
    found->uncertain = true;
  } else if (found->task == nullptr || found->task->revision < committed->revision) {
    Keep(*found, std::move(committed));
  }
  if (--found->writes == 0 && found->uncertain) Drop(found);
  Shrink();
}

uint64_t TaskCache::BeginRead(const std::string& id) {
  base::MutexLock lock(mutex_);
  Entry& entry = At(id);
  if (entry.writes > 0) return 0;
  entry.turn = ++turns_;
  Shrink();
  return turns_;
}

void TaskCache::EndRead(const std::string& id, uint64_t turn, Task read) {
  base::MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (turn == 0 || found == by_id_.end() || found->second->turn != turn) return;
  found->second->turn = 0;
  if (read == nullptr) return Drop(found->second);
  Keep(*found->second, std::move(read));
  Shrink();
}

size_t TaskCache::bytes() {
  base::MutexLock lock(mutex_);
  return bytes_;
}

TaskCache::Entry& TaskCache::At(const std::string& id) {
  const auto [found, is_new] = by_id_.try_emplace(id);
  if (is_new) {
    entries_.emplace_front();
    entries_.front().id = id;
    found->second = entries_.begin();
    Keep(entries_.front(), nullptr);
  } else {
    entries_.splice(entries_.begin(), entries_, found->second);
  }
  return entries_.front();
}

void TaskCache::Keep(Entry& entry, Task task) {
  bytes_ -= entry.bytes;
  entry.bytes = kEntryBytes + MemoryOf(task);
  bytes_ += entry.bytes;
  entry.task = std::move(task);
}

void TaskCache::Drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_id_.erase(entry->id);
  entries_.erase(entry);
}

void TaskCache::Shrink() {
  for (auto last = entries_.end(); bytes_ > max_bytes_ && last != entries_.begin();) {
    --last;
    if (last->writes > 0) continue;  // Its writer will call EndWrite.
    const auto old = last++;
    Drop(old);
  }
}

}  // namespace seedance::store
