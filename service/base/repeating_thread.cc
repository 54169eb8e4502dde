#include "service/base/repeating_thread.h"

#include <utility>

#include "service/base/thread.h"

namespace seedance::base {

void RepeatingThread::Start(const std::string& name, absl::Duration first_pause, Step step) {
  thread_ = StartThread(name, [this, first_pause, step = std::move(step)]() mutable { Run(first_pause, step); });
}

void RepeatingThread::Stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool RepeatingThread::stopped() {
  MutexLock lock(mutex_);
  return stopped_;
}

void RepeatingThread::Run(absl::Duration pause, Step& step) {
  for (;;) {
    const absl::Time next = clock_.Now() + pause;
    {
      MutexLock lock(mutex_);
      while (!stopped_ && clock_.Now() < next) clock_.WaitUntil(changed_, mutex_, next);
      if (stopped_) return;
    }
    pause = step();
  }
}

}  // namespace seedance::base
