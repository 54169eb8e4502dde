#include "service/base/steady_wall_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace seedance::base {
namespace {

// Sources that a test moves.
struct Hands {
  std::atomic<int64_t> wall_seconds{1'800'000'000};
  std::atomic<int64_t> steady_seconds{0};

  SteadyWallClock::Sources Sources() {
    return {[this] { return absl::FromUnixSeconds(wall_seconds); },
            [this] { return absl::Seconds(steady_seconds.load()); }};
  }
  void Pass(int64_t seconds) {
    wall_seconds += seconds;
    steady_seconds += seconds;
  }
};

TEST(SteadyWallClock, DueTimesComeWhenTheyWereToThoughTheWallClockIsSetBack) {
  Hands hands;
  SteadyWallClock clock(hands.Sources());
  const absl::Time due = clock.Now() + absl::Seconds(95);
  hands.wall_seconds -= 3600;
  hands.Pass(99);
  EXPECT_LT(clock.Now(), due);
  hands.Pass(1);
  EXPECT_GE(clock.Now(), due);
}

TEST(SteadyWallClock, DeadlinesDoNotPassBecauseTheWallClockIsSetAhead) {
  Hands hands;
  SteadyWallClock clock(hands.Sources());
  const absl::Time deadline = clock.Now() + absl::Seconds(105);
  hands.wall_seconds += 24 * 3600;
  hands.Pass(99);
  EXPECT_LT(clock.Now(), deadline);
}

TEST(SteadyWallClock, AWaitEndsAtItsDeadlineThoughTheWallClockIsSetBackMeanwhile) {
  std::atomic<int64_t> set_seconds{0};
  SteadyWallClock::Sources sources = SteadyWallClock::MachineSources();
  sources.wall = [&, wall = sources.wall] { return wall() - absl::Seconds(set_seconds.load()); };
  SteadyWallClock clock(sources);
  Mutex mutex;
  CondVar never;
  const absl::Time deadline = clock.Now() + absl::Milliseconds(20);
  std::thread setter([&] { set_seconds = 3600; });
  {
    MutexLock lock(mutex);
    while (clock.Now() < deadline) clock.WaitUntil(never, mutex, deadline);
  }
  setter.join();
}

TEST(SteadyWallClock, ManyThreadsNeverSeeItGoBack) {
  SteadyWallClock::Sources sources = SteadyWallClock::MachineSources();
  std::atomic<int64_t> calls{0};
  // The wall clock is torn to and fro, by less than the log tells of.
  sources.wall = [&, wall = sources.wall] { return wall() + absl::Seconds(++calls % 3 - 1); };
  SteadyWallClock clock(sources);
  std::atomic<int> backwards{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      absl::Time last = clock.Now();
      for (int k = 0; k < 5000; ++k) {
        const absl::Time now = clock.Now();
        if (now < last) ++backwards;
        last = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(backwards, 0);
}

TEST(SteadyWallClock, MachineSourcesRun) {
  const SteadyWallClock::Sources sources = SteadyWallClock::MachineSources();
  const absl::Duration before = sources.steady();
  EXPECT_GT(before, absl::ZeroDuration());
  while (sources.steady() == before) std::this_thread::yield();
  EXPECT_GT(sources.steady(), before);
  EXPECT_GT(sources.wall(), absl::FromUnixSeconds(1'700'000'000));
}

}  // namespace
}  // namespace seedance::base
