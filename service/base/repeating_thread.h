#ifndef SEEDANCE_SERVICE_BASE_REPEATING_THREAD_H_
#define SEEDANCE_SERVICE_BASE_REPEATING_THREAD_H_

#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::base {

// A thread that runs one step again and again, with pauses. Thread-safe, except Start.
class RepeatingThread {
 public:
  // One step; runs without a lock held. Returns the pause before the next one.
  using Step = absl::AnyInvocable<absl::Duration()>;

  // `clock` must outlive this object.
  explicit RepeatingThread(Clock& clock) : clock_(clock) {}
  // Calls Stop.
  ~RepeatingThread() { Stop(); }
  RepeatingThread(const RepeatingThread&) = delete;
  RepeatingThread& operator=(const RepeatingThread&) = delete;

  // Starts the thread; once, and not after Stop. The first step runs after `first_pause`. `name` as in StartThread.
  // Throws ThreadStartError.
  void Start(const std::string& name, absl::Duration first_pause, Step step);

  // Wakes and joins the thread; no step runs afterwards. May be called twice, also without Start; not from a step.
  void Stop();

  // Whether Stop was called. Long steps poll it to end early.
  bool stopped();

 private:
  // Body of the thread.
  void Run(absl::Duration pause, Step& step);

  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_REPEATING_THREAD_H_
