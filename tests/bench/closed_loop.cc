#include "tests/bench/closed_loop.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/clock.h"

namespace seedance::bench {
namespace {

// Where the machine is so busy that no call ended in time, the first one is waited for.
constexpr absl::Duration kPatience = absl::Minutes(1);

// Counts what ends between two moments.
class Meter {
 public:
  explicit Meter(absl::Duration time) : begin_(absl::Now() + time / 5), end_(begin_ + time) {}

  bool over() const {
    const absl::Time now = absl::Now();
    return now >= end_ && (succeeded_ > 0 || failures_ > 0 || now >= end_ + kPatience);
  }

  void Count(bool ok) {
    const absl::Time now = absl::Now();
    ++calls_;
    if (!ok) ++failures_;
    if (!ok || now < begin_ || (now >= end_ && succeeded_ > 0)) return;
    ++succeeded_;
    if (now >= end_) late_ = absl::ToInt64Nanoseconds(now - end_);
  }

  LoopResult Result() const {
    const double seconds = absl::ToDoubleSeconds(end_ - begin_ + absl::Nanoseconds(late_.load()));
    return {static_cast<double>(succeeded_.load()) / seconds, failures_.load(), calls_.load()};
  }

 private:
  const absl::Time begin_;
  const absl::Time end_;
  std::atomic<int64_t> succeeded_{0};
  std::atomic<int64_t> late_{0};  // Nanoseconds by which the only call that succeeded missed the end.
  std::atomic<int64_t> failures_{0};
  std::atomic<int64_t> calls_{0};
};

// A number of calls in flight that replace themselves until the time is over.
class AsyncLoop {
 public:
  AsyncLoop(int in_flight, absl::Duration time, const Issue& issue) : meter_(time), issue_(issue), running_(in_flight) {
    for (int slot = 0; slot < in_flight; ++slot) Next(slot);
  }

  LoopResult Wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0; });
    return meter_.Result();
  }

 private:
  void Next(int slot) {
    issue_(slot, [this, slot](bool ok) {
      meter_.Count(ok);
      if (!meter_.over()) return Next(slot);
      std::lock_guard lock(mutex_);
      if (--running_ == 0) ended_.notify_all();
    });
  }

  Meter meter_;
  const Issue& issue_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_;  // Guarded by mutex_.
};

}  // namespace

LoopResult RunAsync(int in_flight, absl::Duration time, const Issue& issue) {
  return AsyncLoop(in_flight, time, issue).Wait();
}

LoopResult RunThreads(int in_flight, absl::Duration time, const std::function<bool(int slot)>& call) {
  Meter meter(time);
  std::vector<std::thread> threads;
  for (int slot = 0; slot < in_flight; ++slot) {
    threads.emplace_back([&, slot] {
      while (!meter.over()) meter.Count(call(slot));
    });
  }
  for (std::thread& thread : threads) thread.join();
  return meter.Result();
}

}  // namespace seedance::bench
