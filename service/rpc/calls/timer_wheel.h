#ifndef SEEDANCE_SERVICE_RPC_CALLS_TIMER_WHEEL_H_
#define SEEDANCE_SERVICE_RPC_CALLS_TIMER_WHEEL_H_

#include <array>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// One thread that calls thousands of streams back when they are due: for heartbeats and for waits that end.
//
// A timer wheel: time is cut into ticks, and each tick of the next minute has a list of what is due then. Adding and
// removing take constant time and no memory of their own beyond one entry per callback. Thread-safe.
class TimerWheel {
 public:
  // Callbacks run up to one tick late, never early.
  static constexpr absl::Duration kTick = absl::Milliseconds(50);

  // Runs on the heartbeat thread, must not block. Returns when it is due again; InfiniteFuture: never, it is dropped.
  using OnDue = absl::AnyInvocable<absl::Time()>;

  explicit TimerWheel(base::Clock& clock);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Returns an id for Remove; 0, and `on_due` is dropped, after Stop.
  uint64_t Add(absl::Time due, OnDue on_due);

  // Drops the callback. It may still be running when this returns; it must not rely on what this call precedes.
  void Remove(uint64_t id);

  // Joins the thread and drops all callbacks. May be called twice, not from a callback.
  void Stop();

  // Number of callbacks that are waited for or run.
  size_t size();

 private:
  static constexpr size_t kSpokes = 1200;  // A minute of ticks; what is due later stays for another turn.
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Entry {
    OnDue on_due;  // Moved out while it runs.
    int64_t tick = 0;
    uint32_t generation = 1;  // Of the use of this place, so that an old id means nothing.
    uint32_t previous = kNone;
    uint32_t next = kNone;  // In the spoke's list, or in that of free places.
    enum class State : uint8_t { kFree, kWaiting, kRunning, kRemoved } state = State::kFree;
  };

  void Run();
  // Runs what is due at the tick `cursor_`, and moves on.
  void Turn();
  void RunDue(uint64_t id);
  // The tick of the next spoke that holds something; INT64_MAX when none does.
  int64_t NextTickLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LinkLocked(uint32_t place, absl::Time due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UnlinkLocked(uint32_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FreeLocked(uint32_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The place that the id means; kNone when it is over.
  uint32_t FindLocked(uint64_t id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t cursor_ ABSL_GUARDED_BY(mutex_);            // The next tick to look at.
  int64_t wake_ ABSL_GUARDED_BY(mutex_) = INT64_MAX;  // The tick that the thread sleeps for.
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t free_ ABSL_GUARDED_BY(mutex_) = kNone;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::array<uint32_t, kSpokes> spokes_ ABSL_GUARDED_BY(mutex_);  // First entry of each list.
  std::vector<uint64_t> due_;                                     // Used by the thread alone, between turns empty.
  std::thread thread_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_TIMER_WHEEL_H_
