#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_READERS_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_READERS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"

namespace seedance::engine {

// A reader that is notified when there may be something new to read. Held by shared_ptr. Thread-safe.
//
// A reader whose last owner drops it may still be notified once, by a thread that holds it meanwhile. So close it
// before anything ends that its on_change uses, or let on_change hold that weakly.
//
// Tests: tests/unit/engine/watch/watch_hub_test.cc
class WatchReader : public std::enable_shared_from_this<WatchReader> {
 public:
  using OnChange = absl::AnyInvocable<void()>;

  virtual ~WatchReader() = default;
  WatchReader(const WatchReader&) = delete;
  WatchReader& operator=(const WatchReader&) = delete;

  // Runs on_change, unless silenced.
  void Notify() {
    base::MutexLock lock(call_mutex_);
    if (on_change_) on_change_();
  }

 protected:
  // `connection` is equal for readers of one connection. `on_change` must not block.
  WatchReader(uint64_t connection, OnChange on_change) : connection_(connection), on_change_(std::move(on_change)) {}

  // After it returns, on_change neither runs nor will run. Not to be called from on_change.
  void Silence() {
    base::MutexLock lock(call_mutex_);
    on_change_ = nullptr;
  }

 private:
  friend class WatchReaders;

  const uint64_t connection_;
  size_t place_ = 0;  // In the list, whose owner's mutex guards it.
  // Held while on_change runs, so that Silence can wait for it. Taken before any other lock of the reader.
  base::Mutex call_mutex_;
  OnChange on_change_ ABSL_GUARDED_BY(call_mutex_);
};

// The readers of one thing: 16 bytes each, added and removed in constant time. Not thread-safe: a mutex of its owner
// guards it and the readers' places in it.
class WatchReaders {
 public:
  void Add(WatchReader& reader);
  // The reader is in the list.
  void Remove(WatchReader& reader);

  // All readers that somebody still holds, those of one connection in a row: writing to thousands of streams is 1.7
  // times cheaper in that order.
  std::vector<std::shared_ptr<WatchReader>> Held();

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    uint64_t connection;
    WatchReader* reader;
  };

  std::vector<Entry> entries_;
  bool grouped_ = true;
};

// Notifies `readers` on this thread, which is one of `pool`, some hundreds at a time: the rest is queued behind what
// the pool was given meanwhile. When the pool was stopped, all of it happens at once.
void PokeInSlices(base::ThreadPool& pool, std::vector<std::shared_ptr<WatchReader>> readers);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_READERS_H_
