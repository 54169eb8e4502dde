#include "service/base/clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace seedance::base {
namespace {

TEST(SimulatedClock, StandsStillUntilAdvanced) {
  SimulatedClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Milliseconds(1500));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(101) + absl::Milliseconds(500));
}

TEST(SimulatedClock, WaiterWakesWhenTheDeadlineIsReached) {
  SimulatedClock clock(absl::UnixEpoch());
  const absl::Time deadline = clock.Now() + absl::Hours(5);
  Mutex mutex;
  CondVar never;
  std::thread waiter([&] {
    MutexLock lock(mutex);
    while (clock.Now() < deadline) clock.WaitUntil(never, mutex, deadline);
  });
  clock.Advance(absl::Hours(5));
  waiter.join();
}

// Waits for a condition that another thread brings about, with a deadline that never comes.
void WaitForNotice(Clock& clock) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  std::thread other([&] {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyAll();
  });
  {
    MutexLock lock(mutex);
    while (!ready) clock.WaitUntil(changed, mutex, absl::InfiniteFuture());
  }
  other.join();
}

TEST(SimulatedClock, NoticeEndsTheWait) {
  SimulatedClock clock(absl::UnixEpoch());
  WaitForNotice(clock);
}

TEST(RealClock, NoticeEndsAWaitWithoutDeadline) { WaitForNotice(RealClock()); }

TEST(RealClock, PastDeadlineDoesNotWait) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  RealClock().WaitUntil(never, mutex, absl::InfinitePast());
  RealClock().WaitUntil(never, mutex, RealClock().Now());
}

TEST(RealClock, WaitReachesItsDeadline) {
  const absl::Time deadline = RealClock().Now() + absl::Milliseconds(2);
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  while (RealClock().Now() < deadline) RealClock().WaitUntil(never, mutex, deadline);
}

TEST(RealClock, IsNotFarFromTheSystem) { EXPECT_GT(RealClock().Now(), absl::FromUnixSeconds(1'700'000'000)); }

TEST(SleepUntilTest, ReturnsAtItsTime) {
  const absl::Time start = absl::FromUnixSeconds(1'000'000'000);
  SimulatedClock clock(start);
  std::atomic<bool> awake{false};
  std::thread sleeper([&] {
    SleepUntil(clock, start + absl::Seconds(10));
    EXPECT_GE(clock.Now(), start + absl::Seconds(10));
    awake = true;
  });
  clock.Advance(absl::Seconds(9));
  EXPECT_FALSE(awake);
  clock.Advance(absl::Seconds(1));
  sleeper.join();
  EXPECT_TRUE(awake);
  SleepUntil(clock, start);
}

}  // namespace
}  // namespace seedance::base
