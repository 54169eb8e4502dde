#ifndef SEEDANCE_SERVICE_RPC_HEARTBEATS_H_
#define SEEDANCE_SERVICE_RPC_HEARTBEATS_H_

#include <cstdint>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// One thread that calls thousands of streams back when they are due: for heartbeats and for waits that end.
// Thread-safe.
class Heartbeats {
 public:
  // Runs on the heartbeat thread, must not block. Returns when it is due again; InfiniteFuture: never, it is dropped.
  using OnDue = absl::AnyInvocable<absl::Time()>;

  explicit Heartbeats(base::Clock& clock);
  ~Heartbeats();
  Heartbeats(const Heartbeats&) = delete;
  Heartbeats& operator=(const Heartbeats&) = delete;

  // Returns an id for Remove; 0, and `on_due` is dropped, after Stop.
  uint64_t Add(absl::Time due, OnDue on_due);

  // Drops the callback. It may still be running when this returns; it must not rely on what this call precedes.
  void Remove(uint64_t id);

  // Joins the thread and drops all callbacks. May be called twice, not from a callback.
  void Stop();

 private:
  struct Entry {
    absl::Time due;
    OnDue on_due;
  };
  void Run();
  void RunDue(uint64_t id);

  base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, uint64_t>> queue_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_HEARTBEATS_H_
