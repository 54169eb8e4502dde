#ifndef SEEDANCE_SERVICE_BASE_REPEATED_WORK_H_
#define SEEDANCE_SERVICE_BASE_REPEATED_WORK_H_

#include <atomic>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/timer.h"

namespace seedance::base {

// Work that is done again and again, with pauses, on a thread of the clock's timer that may block. Thread-safe, except
// Start.
//
// Tests: tests/unit/base/repeated_work_test.cc
class RepeatedWork {
 public:
  // One step; runs without a lock held. Returns the pause before the next one.
  using Step = absl::AnyInvocable<absl::Duration()>;

  // `clock` must outlive this object. Throws as Timer::Alarm.
  explicit RepeatedWork(Clock& clock)
      : clock_(clock), alarm_(clock, Timer::Alarm::Work::kMayBlock, [this] { Run(); }) {}
  // Calls Stop.
  ~RepeatedWork() { Stop(); }

  // Once, and not after Stop. The first step runs after `first_pause`.
  void Start(absl::Duration first_pause, Step step);

  // Waits for a step that runs; none runs afterwards. May be called twice, also without Start; not from a step.
  void Stop();

  // Whether Stop was called. Long steps poll it to end early.
  bool stopped() const { return stopped_; }

 private:
  void Run();

  Clock& clock_;
  Step step_;
  std::atomic<bool> stopped_{false};
  Timer::Alarm alarm_;  // Last: it uses the others.
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_REPEATED_WORK_H_
