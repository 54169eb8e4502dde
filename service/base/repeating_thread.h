#ifndef SEEDANCE_SERVICE_BASE_REPEATING_THREAD_H_
#define SEEDANCE_SERVICE_BASE_REPEATING_THREAD_H_

#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::base {

// A thread that does one thing again and again, with pauses. Thread-safe, but for Start.
class RepeatingThread {
 public:
  // Does it once, without a lock. Returns the pause to the next time.
  using Step = absl::AnyInvocable<absl::Duration()>;

  explicit RepeatingThread(Clock& clock) : clock_(clock) {}
  // Stops.
  ~RepeatingThread() { Stop(); }
  RepeatingThread(const RepeatingThread&) = delete;
  RepeatingThread& operator=(const RepeatingThread&) = delete;

  // Once, and not after Stop. The first step comes after `first_pause`. `name` as in StartThread; throws
  // ThreadStartError.
  void Start(const std::string& name, absl::Duration first_pause, Step step);

  // No step runs when it returns, and none will. May be called twice, also without Start; not by a step.
  void Stop();

  // Whether Stop was called: a step that takes long may end early then.
  bool stopped();

 private:
  void Run(absl::Duration pause, Step& step);

  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_REPEATING_THREAD_H_
