#include "service/base/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace seedance::base {
namespace {

// Work that stays inside until it is let go.
class Gate {
 public:
  ThreadPool::Work Work() {
    return [this] {
      ++inside_;
      inside_.notify_all();
      open_.wait(false);
    };
  }
  void WaitUntilInside(int count) {
    for (int seen = inside_; seen < count; seen = inside_) inside_.wait(seen);
  }
  void Open() {
    open_ = true;
    open_.notify_all();
  }

 private:
  std::atomic<int> inside_{0};
  std::atomic<bool> open_{false};
};

TEST(ThreadPool, StopRunsEverythingThatWasTaken) {
  std::atomic<int> ran{0};
  ThreadPool pool("test", 4, 1000);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(pool.Submit([&] { ++ran; }));
  pool.Stop();
  EXPECT_EQ(ran, 1000);
}

TEST(ThreadPool, AllThreadsWorkAtTheSameTime) {
  Gate gate;
  ThreadPool pool("test", 3, 10);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.Submit(gate.Work()));
  gate.WaitUntilInside(3);  // Hangs if fewer run.
  gate.Open();
}

TEST(ThreadPool, TakesWhatRunsPlusTheQueueAndRefusesMore) {
  Gate gate;
  ThreadPool pool("test", 2, 3);
  // At once, before any thread had time to take its work.
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(pool.Submit(gate.Work())) << i;
  EXPECT_FALSE(pool.Submit([] {}));
  gate.WaitUntilInside(2);
  EXPECT_FALSE(pool.Submit([] {}));
  gate.Open();
}

TEST(ThreadPool, PoolWithoutAQueueTakesWhatItCanRun) {
  Gate gate;
  ThreadPool pool("test", 1, 0);
  EXPECT_TRUE(pool.Submit(gate.Work()));
  EXPECT_FALSE(pool.Submit([] {}));
  gate.Open();
}

TEST(ThreadPool, QueueWithoutLimitTakesEverything) {
  std::atomic<int> ran{0};
  ThreadPool pool("test", 2, std::numeric_limits<size_t>::max());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(pool.Submit([&] { ++ran; }));
  pool.Stop();
  EXPECT_EQ(ran, 100);
}

TEST(ThreadPool, RefusedWorkIsDropped) {
  Gate gate;
  ThreadPool pool("test", 1, 0);
  ASSERT_TRUE(pool.Submit(gate.Work()));
  auto held = std::make_shared<int>(1);
  EXPECT_FALSE(pool.Submit([held] { ++*held; }));
  EXPECT_EQ(held.use_count(), 1);
  gate.Open();
  pool.Stop();
  EXPECT_EQ(*held, 1);
}

TEST(ThreadPool, StoppedPoolRefuses) {
  ThreadPool pool("test", 1, 10);
  pool.Stop();
  pool.Stop();
  EXPECT_FALSE(pool.Submit([] {}));
}

TEST(ThreadPool, WorkMaySubmitWork) {
  std::atomic<bool> done{false};
  ThreadPool pool("test", 1, 1);
  EXPECT_TRUE(pool.Submit([&] {
    EXPECT_TRUE(pool.Submit([&] {
      done = true;
      done.notify_all();
    }));
  }));
  done.wait(false);
}

TEST(ThreadPool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    ThreadPool pool("test", 1, 100);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(pool.Submit([&order, i] { order.push_back(i); }));
  }
  ASSERT_EQ(order.size(), 50u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(ThreadPool, ThreadsBearTheNameCutToFifteenBytes) {
  char name[16] = {};
  ThreadPool pool("a-very-long-name-indeed", 1, 1);
  EXPECT_TRUE(pool.Submit([&] { pthread_getname_np(pthread_self(), name, sizeof name); }));
  pool.Stop();
  EXPECT_STREQ(name, "a-very-long-nam");
}

}  // namespace
}  // namespace seedance::base
