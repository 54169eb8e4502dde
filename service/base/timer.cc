#include "service/base/timer.h"

#include <cstddef>

#include "service/base/thread.h"

namespace seedance::base {
namespace {

// What may block at the same time: a disk that hangs must not stop the work on the network.
constexpr size_t kThreads = 8;
constexpr size_t kQueue = 1000;
// Until work is tried again that the pool did not take.
constexpr absl::Duration kFullPause = absl::Seconds(1);

}  // namespace

Timer::Timer(Clock& clock) : clock_(clock), pool_("timer-work", kThreads, kQueue, clock) {
  thread_ = StartThread("timer", [this] { Run(); });
}

Timer::~Timer() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void Timer::Run() {
  for (;;) {
    Alarm* alarm = nullptr;
    {
      MutexLock lock(mutex_);
      for (;;) {
        if (stopped_) return;
        const absl::Time next = waiting_.empty() ? absl::InfiniteFuture() : waiting_.begin()->first;
        if (next <= clock_.Now()) break;
        clock_.WaitUntil(changed_, mutex_, next);
      }
      alarm = waiting_.begin()->second;
      waiting_.erase(waiting_.begin());
      alarm->time_ = absl::InfiniteFuture();
      alarm->running_ = true;
    }
    Fire(*alarm);
  }
}

void Timer::Fire(Alarm& alarm) {
  if (alarm.work_ == Alarm::Work::kQuick) return RunNow(alarm);
  if (pool_.Submit([this, &alarm] { RunNow(alarm); })) return;
  MutexLock lock(mutex_);
  alarm.running_ = false;
  if (!alarm.stopped_) EnqueueLocked(alarm, clock_.Now() + kFullPause);
  ended_.NotifyAll();
}

void Timer::RunNow(Alarm& alarm) {
  alarm.on_time_();
  MutexLock lock(mutex_);
  alarm.running_ = false;
  if (alarm.time_ < absl::InfiniteFuture()) EnqueueLocked(alarm, alarm.time_);
  ended_.NotifyAll();  // The alarm may be gone once the lock is released.
}

void Timer::EnqueueLocked(Alarm& alarm, absl::Time time) {
  alarm.time_ = time;
  waiting_.insert({time, &alarm});
  // Only a new front changes what the thread waits for.
  if (waiting_.begin()->second == &alarm) changed_.NotifyOne();
}

Timer::Alarm::Alarm(Clock& clock, Work work, absl::AnyInvocable<void()> on_time)
    : timer_(clock.timer()), work_(work), on_time_(std::move(on_time)) {}

Timer::Alarm::~Alarm() { Stop(); }

void Timer::Alarm::Set(absl::Time time) {
  MutexLock lock(timer_.mutex_);
  if (stopped_) return;
  if (running_) {
    time_ = time;
    return;
  }
  timer_.waiting_.erase({time_, this});
  time_ = time;
  if (time < absl::InfiniteFuture()) timer_.EnqueueLocked(*this, time);
}

void Timer::Alarm::Stop() {
  MutexLock lock(timer_.mutex_);
  stopped_ = true;
  timer_.waiting_.erase({time_, this});
  time_ = absl::InfiniteFuture();
  while (running_) timer_.ended_.Wait(timer_.mutex_);
}

}  // namespace seedance::base
