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

// A bounded number of threads with a bounded queue. The first thread starts with the pool, so that whatever is taken is
// run; the others start when work first needs them. When one of these cannot be started, the work waits for the threads
// that there are, one line in the log says so, and no other start is tried for kGrowthPause.
class ThreadPool {
 public:
  using Work = absl::AnyInvocable<void()>;

  static constexpr absl::Duration kGrowthPause = absl::Seconds(1);

  // `name` (at most 15 bytes) is shown by tools like top. At most `threads` (at least one) run and `max_queue` wait.
  // Throws ThreadStartError: construct pools while the process starts.
  ThreadPool(std::string name, size_t threads, size_t max_queue, Clock& clock = RealClock());
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Queues `work`. False, and `work` is dropped unrun, when the queue is full, the pool is stopped, or there is no
  // memory for it. Never throws.
  [[nodiscard]] bool Submit(Work work) { return Take(std::move(work), /*may_wait=*/true); }

  // The same, and false too when all threads are busy: nothing is queued behind other work.
  [[nodiscard]] bool SubmitAtOnce(Work work) { return Take(std::move(work), /*may_wait=*/false); }

  // Takes no more work, runs what is queued, joins the threads. May be called twice, not from the pool's threads.
  void Stop();

  // The first part of Stop: takes no more work and waits until what was taken has run, at most until `deadline`. False:
  // something still runs. Not from the pool's threads.
  bool Finish(absl::Time deadline);

 private:
  bool Take(Work work, bool may_wait);
  void Run();
  // An error once per pause, when no thread can be started.
  absl::Status GrowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  const size_t max_threads_;
  const size_t max_queue_;
  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  CondVar finished_;  // After Finish or Stop: a thread has ended.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  size_t busy_ ABSL_GUARDED_BY(mutex_) = 0;     // Threads that run work.
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;  // Threads that have not ended.
  absl::Time no_growth_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_THREAD_POOL_H_
