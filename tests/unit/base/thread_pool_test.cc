#include "service/base/thread_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "service/base/thread.h"
#include "tests/testing/no_threads.h"

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

TEST(ThreadPool, AtOnceTakesNothingThatWouldWait) {
  Gate gate;
  ThreadPool pool("test", 2, 10);
  EXPECT_TRUE(pool.SubmitAtOnce(gate.Work()));
  EXPECT_TRUE(pool.SubmitAtOnce(gate.Work()));
  EXPECT_FALSE(pool.SubmitAtOnce([] {})) << "also before the threads have taken their work";
  gate.WaitUntilInside(2);
  EXPECT_FALSE(pool.SubmitAtOnce([] {}));
  EXPECT_TRUE(pool.Submit([] {}));
  gate.Open();
  pool.Stop();
  EXPECT_FALSE(pool.SubmitAtOnce([] {}));
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

// These run in a child process that can really start no further thread.

TEST(ThreadPoolDeathTest, WithoutFurtherThreadsTheFirstOneRunsEverything) {
  const auto child = [] {
    ThreadPool pool("starved", 8, 1000);
    testing::AllowNewThreads(false);
    std::atomic<int> ran{0};
    Gate gate;
    if (!pool.Submit(gate.Work())) _exit(1);
    for (int i = 0; i < 100; ++i) {
      if (!pool.Submit([&] { ++ran; })) _exit(1);
    }
    gate.Open();
    pool.Stop();
    _exit(ran == 100 ? 0 : 2);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "thread_not_started.*starved");
}

TEST(ThreadPoolDeathTest, AFailedGrowthIsLoggedOnceAndTriedAgainAfterAPause) {
  const auto child = [] {
    SimulatedClock clock(absl::FromUnixSeconds(1'000'000'000));
    Gate gate;
    ThreadPool pool("starved", 3, 1000, clock);
    testing::AllowNewThreads(false);
    for (int i = 0; i < 3; ++i) (void)pool.Submit(gate.Work());
    testing::AllowNewThreads(true);
    (void)pool.Submit([] {});  // Within the pause: no start is tried.
    gate.WaitUntilInside(1);
    clock.Advance(ThreadPool::kGrowthPause);
    (void)pool.Submit([] {});
    gate.WaitUntilInside(2);  // Hangs if the pool has not grown.
    gate.Open();
    pool.Stop();
    _exit(0);
  };
  const auto one_line = ::testing::Truly([](const std::string& log) {
    const size_t first = log.find("thread_not_started");
    return first != std::string::npos && log.find("thread_not_started", first + 1) == std::string::npos;
  });
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), one_line);
}

TEST(ThreadPoolDeathTest, APoolLeavesRoomForTheThreadsOfLibraries) {
  const auto child = [] {
    Gate gate;
    ThreadPool pool("modest", 8, 1000);
    testing::AllowFurtherThreads(RoomForLibraries());  // One less than a growth needs.
    for (int i = 0; i < 8; ++i) (void)pool.Submit(gate.Work());
    gate.WaitUntilInside(1);
    std::vector<std::thread> of_library;
    for (size_t i = 0; i < RoomForLibraries(); ++i) {
      absl::StatusOr<std::thread> thread = TryStartThread("library", gate.Work());
      if (!thread.ok()) _exit(1);
      of_library.push_back(*std::move(thread));
    }
    gate.Open();
    pool.Stop();
    for (std::thread& thread : of_library) thread.join();
    _exit(0);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "thread_not_started.*modest.*left to libraries");
}

TEST(ThreadPoolDeathTest, APoolThatCannotHaveItsFirstThreadSaysSoAtOnce) {
  const auto child = [] {
    testing::AllowNewThreads(false);
    try {
      ThreadPool pool("starved", 8, 1000);
    } catch (const ThreadStartError& error) {
      std::cerr << error.what() << "\n";
      _exit(0);
    }
    _exit(1);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "cannot start thread `starved`.*check the limits on threads");
}

TEST(ThreadPoolDeathTest, TryStartThreadAnswersResourceExhausted) {
  const auto child = [] {
    testing::AllowNewThreads(false);
    const auto thread = TryStartThread("more", [] {});
    _exit(absl::IsResourceExhausted(thread.status()) ? 0 : 1);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "");
}

TEST(ThreadPool, FinishWaitsForWhatWasTakenUntilItsDeadline) {
  Gate gate;
  ThreadPool pool("test", 2, 10);
  EXPECT_TRUE(pool.Submit(gate.Work()));
  EXPECT_FALSE(pool.Finish(RealClock().Now()));
  EXPECT_FALSE(pool.Submit([] {})) << "it takes no more";
  gate.Open();
  EXPECT_TRUE(pool.Finish(absl::InfiniteFuture()));
}

}  // namespace
}  // namespace seedance::base
