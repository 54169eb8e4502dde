#ifndef SEEDANCE_SERVICE_BASE_MUTEX_H_
#define SEEDANCE_SERVICE_BASE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace seedance::base {

// std::mutex with thread annotations. Not absl::Mutex: the thread sanitizer cannot see into Debian's build of absl, and
// absl's deadlock detector aborts the process.
class ABSL_LOCKABLE Mutex {
 public:
  // Blocks until the mutex is free. Not recursive.
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  // Locks `mutex`, which must outlive this object; the destructor unlocks it.
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Condition variable for Mutex. Waits may wake spuriously: call them in a loop that tests the condition.
class CondVar {
 public:
  // Waits until notified.
  void Wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // Waits until notified or `limit` has passed.
  void WaitFor(Mutex& mutex, std::chrono::nanoseconds limit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    // The steady clock: setting the machine's clock must not change the length of a wait.
    condition_.wait_until(lock, std::chrono::steady_clock::now() + limit);
    lock.release();
  }

  // Wakes one waiting thread, if any; NotifyAll wakes all. Neither needs the mutex.
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_MUTEX_H_
