#include "service/base/timer.h"

#include <algorithm>

#include "service/base/thread.h"

namespace seedance::base {
Timer::Timer(Clock& clock) : clock_(clock) {
  threads_.reserve(kWorkers + 1);
  try {
    for (int i = 0; i < kWorkers; ++i) threads_.push_back(StartThread("timer-work", [this] { Work(); }));
    threads_.push_back(StartThread("timer", [this] { Wait(); }));
  } catch (const ThreadStartError&) {
    JoinAll();
    throw;
  }
}

Timer::~Timer() { JoinAll(); }

void Timer::JoinAll() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
    work_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

Timer::Alarm* Timer::AwaitDueLocked() {
  for (;;) {
    if (stopped_) return nullptr;
    const absl::Time next = waiting_.empty() ? absl::InfiniteFuture() : waiting_.begin()->first;
    if (next <= clock_.Now()) break;
    clock_.WaitUntil(changed_, mutex_, next);
  }
  Alarm* alarm = waiting_.begin()->second;
  waiting_.erase(waiting_.begin());
  alarm->time_ = absl::InfiniteFuture();
  return alarm;
}

void Timer::Wait() {
  for (;;) {
    Alarm* alarm = nullptr;
    {
      MutexLock lock(mutex_);
      alarm = AwaitDueLocked();
      if (alarm == nullptr) return;
      if (alarm->work_ == Alarm::Work::kMayBlock) {
        alarm->queued_ = true;
        queue_.push_back(alarm);
        work_.NotifyOne();
        continue;
      }
      alarm->running_ = true;
    }
    RunNow(*alarm);
  }
}

void Timer::Work() {
  for (;;) {
    Alarm* alarm = nullptr;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopped_) work_.Wait(mutex_);
      if (queue_.empty()) return;
      alarm = queue_.front();
      queue_.pop_front();
      alarm->queued_ = false;
      alarm->running_ = true;
    }
    RunNow(*alarm);
  }
}

void Timer::RunNow(Alarm& alarm) {
  alarm.on_time_();
  MutexLock lock(mutex_);
  alarm.running_ = false;
  if (alarm.time_ < absl::InfiniteFuture()) SetLocked(alarm, alarm.time_);
  ended_.NotifyAll();  // The alarm may be gone once the lock is released.
}

void Timer::SetLocked(Alarm& alarm, absl::Time time) {
  alarm.time_ = time;
  if (time == absl::InfiniteFuture()) return;
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
  if (queued_ || running_) {
    time_ = time;
    return;
  }
  timer_.waiting_.erase({time_, this});
  timer_.SetLocked(*this, time);
}

void Timer::Alarm::Stop() {
  MutexLock lock(timer_.mutex_);
  stopped_ = true;
  timer_.waiting_.erase({time_, this});
  if (queued_) timer_.queue_.erase(std::find(timer_.queue_.begin(), timer_.queue_.end(), this));
  queued_ = false;
  time_ = absl::InfiniteFuture();
  while (running_) timer_.ended_.Wait(timer_.mutex_);
}

}  // namespace seedance::base
