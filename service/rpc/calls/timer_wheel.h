#ifndef SEEDANCE_SERVICE_RPC_CALLS_TIMER_WHEEL_H_
#define SEEDANCE_SERVICE_RPC_CALLS_TIMER_WHEEL_H_

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/timer.h"

namespace seedance::rpc {

// Runs callbacks for thousands of streams when they are due: heartbeats and time-outs.
//
// A timer wheel: time is divided into ticks, and each tick of the next minute has a list of what is due. Adding and
// removing take constant time and no memory beyond one entry per callback. Thread-safe.
class TimerWheel {
 public:
  // Callbacks run up to one tick late, never early.
  static constexpr absl::Duration kTick = absl::Milliseconds(50);

  // Runs on the thread of the clock's timer and must not block. Returns its next due time; InfiniteFuture: it is
  // removed.
  using OnDue = absl::AnyInvocable<absl::Time()>;

  // Throws as base::Timer::Alarm.
  explicit TimerWheel(base::Clock& clock);
  // Calls Stop.
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Returns an id for Remove; after Stop 0, and `on_due` is dropped.
  uint64_t Add(absl::Time due, OnDue on_due);

  // Removes the callback. It may still be running when Remove returns.
  void Remove(uint64_t id);

  // Drops all callbacks; none runs afterwards. May be called twice; not from a callback.
  void Stop();

  // Number of waiting or running callbacks.
  size_t size();

 private:
  static constexpr size_t kSpokes = 1200;  // A minute of ticks; later entries stay for another turn.
  static constexpr uint32_t kNone = UINT32_MAX;

  // A callback and its place in a list.
  struct Entry {
    OnDue on_due;  // Moved out while running.
    int64_t tick = 0;
    uint32_t generation = 1;  // Use count of this place, so that an old id is recognized.
    uint32_t previous = kNone;
    uint32_t next = kNone;  // In the spoke's list, or in the free list.
    enum class State : uint8_t { kFree, kWaiting, kRunning, kRemoved } state = State::kFree;
  };

  // Runs what is due, and sets the alarm for the next.
  void OnTime();
  // Runs what is due at tick `cursor_`, and advances.
  void Turn();
  void RunDue(uint64_t id);
  // Tick of the next non-empty spoke; INT64_MAX: none.
  int64_t NextTickLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts the entry into the list of its tick, or takes it out.
  void LinkLocked(uint32_t place, absl::Time due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UnlinkLocked(uint32_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the place to the free list.
  void FreeLocked(uint32_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The place of an id; kNone: it has ended.
  uint32_t FindLocked(uint64_t id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Clock& clock_;
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t cursor_ ABSL_GUARDED_BY(mutex_);            // The next tick to handle.
  int64_t wake_ ABSL_GUARDED_BY(mutex_) = INT64_MAX;  // The tick that the alarm is set for.
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t free_ ABSL_GUARDED_BY(mutex_) = kNone;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::array<uint32_t, kSpokes> spokes_ ABSL_GUARDED_BY(mutex_);  // First entry of each list.
  std::vector<uint64_t> due_;                                     // Used by OnTime only; empty between turns.
  base::Timer::Alarm alarm_;                                      // Last: it uses the others.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_TIMER_WHEEL_H_
