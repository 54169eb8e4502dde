#include "service/base/thread_pool.h"

#include <algorithm>
#include <new>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/base/thread.h"

namespace seedance::base {

ThreadPool::ThreadPool(std::string name, size_t threads, size_t max_queue, Clock& clock)
    : name_(name.substr(0, 15)), max_threads_(std::max<size_t>(threads, 1)), max_queue_(max_queue), clock_(clock) {
  MutexLock lock(mutex_);
  threads_.reserve(max_threads_);  // So that growing allocates for the thread only.
  threads_.push_back(StartThread(name_, [this] { Run(); }));
  running_ = 1;
}

ThreadPool::~ThreadPool() { Stop(); }

bool ThreadPool::Take(Work work, bool may_wait) {
  absl::Status grown;
  {
    MutexLock lock(mutex_);
    // Not `busy_ + queue_.size() >= max_threads_ + max_queue_`: the sum may overflow, and then nothing would be taken.
    const bool full = queue_.size() >= max_queue_ && busy_ + (queue_.size() - max_queue_) >= max_threads_;
    if (stopped_ || full) return false;
    if (!may_wait && busy_ + queue_.size() >= max_threads_) return false;
    try {
      queue_.push_back(std::move(work));
    } catch (const std::bad_alloc&) {
      return false;
    }
    if (threads_.size() - busy_ < queue_.size() && threads_.size() < max_threads_) grown = GrowLocked();
    changed_.NotifyOne();
  }
  if (!grown.ok()) {
    Log(LogLevel::kError, "thread_not_started", {{"pool", name_}, {"cause", std::string(grown.message())}});
  }
  return true;
}

absl::Status ThreadPool::GrowLocked() {
  const absl::Time now = clock_.Now();
  no_growth_until_ = std::min(no_growth_until_, now + kGrowthPause);  // The clock may have been set back.
  if (now < no_growth_until_) return absl::OkStatus();
  absl::StatusOr<std::thread> thread = TryStartSpareThread(name_, [this] { Run(); });
  if (thread.ok()) {
    ++running_;
    threads_.push_back(std::move(*thread));
  } else {
    no_growth_until_ = now + kGrowthPause;
  }
  return thread.status();
}

bool ThreadPool::Finish(absl::Time deadline) {
  MutexLock lock(mutex_);
  stopped_ = true;
  changed_.NotifyAll();
  while (running_ > 0 && clock_.Now() < deadline) clock_.WaitUntil(finished_, mutex_, deadline);
  return running_ == 0;
}

void ThreadPool::Stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void ThreadPool::Run() {
  for (;;) {
    Work work;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopped_) changed_.Wait(mutex_);
      if (queue_.empty()) {
        --running_;
        finished_.NotifyAll();
        return;
      }
      work = std::move(queue_.front());
      queue_.pop_front();
      ++busy_;
    }
    work();
    work = nullptr;  // Destroy captures before the thread counts as free.
    MutexLock lock(mutex_);
    --busy_;
  }
}

}  // namespace seedance::base
