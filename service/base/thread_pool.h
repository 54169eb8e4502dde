#ifndef SEEDANCE_SERVICE_BASE_THREAD_POOL_H_
#define SEEDANCE_SERVICE_BASE_THREAD_POOL_H_

#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::base {

// A bounded number of threads with a bounded queue. The first thread starts with the pool, so accepted work always
// runs; the others start on demand, as long as there is room for the threads of libraries too (TryStartSpareThread).
// When one of them cannot be started, work waits for the existing threads, one log line says so, and no further start
// is tried for kGrowthPause. Thread-safe.
class ThreadPool {
 public:
  using Work = absl::AnyInvocable<void()>;

  static constexpr absl::Duration kGrowthPause = absl::Seconds(1);

  // `name` as in StartThread. Runs at most `threads` (at least one) pieces of work at a time; at most `max_queue` wait.
  // Throws ThreadStartError: construct pools while the process starts.
  ThreadPool(std::string name, size_t threads, size_t max_queue, Clock& clock = RealClock());
  // Calls Stop.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Queues `work`. False, and `work` is dropped unrun, when the queue is full, the pool is stopped, or memory is short.
  // Never throws.
  [[nodiscard]] bool Submit(Work work) { return Take(std::move(work), /*may_wait=*/true); }

  // As Submit, but false too when all threads are busy: `work` never waits behind other work.
  [[nodiscard]] bool SubmitAtOnce(Work work) { return Take(std::move(work), /*may_wait=*/false); }

  // Accepts no more work, runs what is queued, joins the threads. May be called twice; not from the pool's threads.
  void Stop();

  // First half of Stop: accepts no more work and waits until accepted work has run, at most until `deadline`. False:
  // some still runs. Not from the pool's threads.
  bool Finish(absl::Time deadline);

 private:
  // Accepts work, and grows the pool if no thread is free.
  bool Take(Work work, bool may_wait);
  // Body of each thread.
  void Run();
  // Starts a thread if that is of use. An error, at most once per pause, when none can be started.
  absl::Status GrowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  const size_t max_threads_;
  const size_t max_queue_;
  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  CondVar finished_;  // A thread has ended, after Finish or Stop.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  size_t busy_ ABSL_GUARDED_BY(mutex_) = 0;     // Threads that run work.
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;  // Threads that have not ended.
  absl::Time no_growth_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_THREAD_POOL_H_
