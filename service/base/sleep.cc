#include "service/base/sleep.h"

#include "service/base/mutex.h"

namespace seedance::base {

void SleepUntil(Clock& clock, absl::Time time) {
  Mutex mutex;
  CondVar nothing;
  MutexLock lock(mutex);
  while (clock.Now() < time) clock.WaitUntil(nothing, mutex, time);
}

}  // namespace seedance::base
