#ifndef SEEDANCE_SERVICE_BASE_TIMER_H_
#define SEEDANCE_SERVICE_BASE_TIMER_H_

#include <deque>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::base {

// The one thread of a clock that waits for times, and a small pool for what may block. Used through alarms; DueQueue
// and RepeatedWork are made of them. Thread-safe.
//
// Tests: tests/unit/base/timer_test.cc
class Timer {
 public:
  // How much that may block runs at the same time.
  static constexpr int kWorkers = 4;

  // Something to do at a time, which is set again and again. Thread-safe.
  class Alarm {
   public:
    enum class Work {
      kQuick,     // On the timer's thread: must not block, or all others are late.
      kMayBlock,  // On a worker: reads and writes of the store and of files.
    };

    // `on_time` never runs twice at the same time. Throws ThreadStartError for the first alarm of a clock.
    Alarm(Clock& clock, Work work, absl::AnyInvocable<void()> on_time);
    // Calls Stop.
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // Runs `on_time` once when the clock reaches `time`; replaces an earlier or later time. While it runs,
    // or waits for a worker: once more afterwards. No effect after Stop.
    void Set(absl::Time time);

    // After it returns `on_time` neither runs nor will. May be called twice; not from `on_time`, nor with a lock held
    // that it takes.
    void Stop();

   private:
    friend class Timer;

    Timer& timer_;
    const Work work_;
    absl::AnyInvocable<void()> on_time_;
    // Guarded by the timer's mutex_.
    absl::Time time_ = absl::InfiniteFuture();  // InfiniteFuture: not set.
    bool queued_ = false;                       // For a worker.
    bool running_ = false;
    bool stopped_ = false;
  };

  // Starts the threads. Throws ThreadStartError. All alarms must have been stopped before the timer is destroyed.
  explicit Timer(Clock& clock);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  // Bodies of the threads.
  void Wait();
  void Work();
  // The alarm whose time has come, not waiting any more. Null: the timer ends.
  Alarm* AwaitDueLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunNow(Alarm& alarm);
  void SetLocked(Alarm& alarm, absl::Time time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void JoinAll();

  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  CondVar work_;
  CondVar ended_;  // A run of an alarm.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::pair<absl::Time, Alarm*>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::deque<Alarm*> queue_ ABSL_GUARDED_BY(mutex_);  // For the workers.
  std::vector<std::thread> threads_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_TIMER_H_
