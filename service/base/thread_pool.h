#ifndef SEEDANCE_SERVICE_BASE_THREAD_POOL_H_
#define SEEDANCE_SERVICE_BASE_THREAD_POOL_H_

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "service/base/mutex.h"

namespace seedance::base {

// A fixed number of threads with a bounded queue. Threads start when work first needs them.
class ThreadPool {
 public:
  using Work = absl::AnyInvocable<void()>;

  // `name` (at most 15 bytes) is shown by tools like top. At most `threads` run and `max_queue` wait.
  ThreadPool(std::string name, size_t threads, size_t max_queue);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Queues `work`. False, and `work` is dropped unrun, when the queue is full or the pool is stopped.
  [[nodiscard]] bool Submit(Work work);

  // Takes no more work, runs what is queued, joins the threads. May be called twice, not from the pool's threads.
  void Stop();

 private:
  void Run();

  const std::string name_;
  const size_t max_threads_;
  const size_t max_queue_;
  Mutex mutex_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;  // Threads that wait for work.
  size_t busy_ ABSL_GUARDED_BY(mutex_) = 0;  // Threads that run work.
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_THREAD_POOL_H_
