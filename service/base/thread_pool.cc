#include "service/base/thread_pool.h"

#include <pthread.h>

#include <utility>

namespace seedance::base {

ThreadPool::ThreadPool(std::string name, size_t threads, size_t max_queue)
    : name_(name.substr(0, 15)), max_threads_(threads), max_queue_(max_queue) {}

ThreadPool::~ThreadPool() { Stop(); }

bool ThreadPool::Submit(Work work) {
  MutexLock lock(mutex_);
  // Not `busy_ + queue_.size() >= max_threads_ + max_queue_`: the sum may overflow, and then nothing would be taken.
  const bool full = queue_.size() >= max_queue_ && busy_ + (queue_.size() - max_queue_) >= max_threads_;
  if (stopped_ || full) return false;
  queue_.push_back(std::move(work));
  if (idle_ >= queue_.size() || threads_.size() == max_threads_) {
    changed_.NotifyOne();
  } else {
    threads_.emplace_back([this] { Run(); });
  }
  return true;
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
  pthread_setname_np(pthread_self(), name_.c_str());
  for (;;) {
    Work work;
    {
      MutexLock lock(mutex_);
      ++idle_;
      while (queue_.empty() && !stopped_) changed_.Wait(mutex_);
      --idle_;
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      ++busy_;
    }
    work();
    work = nullptr;  // What it holds dies before the thread counts as free.
    MutexLock lock(mutex_);
    --busy_;
  }
}

}  // namespace seedance::base
