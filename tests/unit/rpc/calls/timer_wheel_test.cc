#include "service/rpc/calls/timer_wheel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "tests/testing/eventually.h"

namespace seedance::rpc {
namespace {

using testing::Eventually;

TEST(TimerWheel, CallsEveryOneWhenItIsDueAndAgainWhenItSays) {
  base::SimulatedClock clock(absl::FromUnixSeconds(0));
  TimerWheel wheel(clock);
  std::atomic<int> calls = 0;
  std::promise<void> second;
  wheel.Add(absl::FromUnixSeconds(10), [&]() -> absl::Time {
    if (++calls == 1) {
      clock.Advance(absl::Seconds(10));
      return absl::FromUnixSeconds(20);
    }
    second.set_value();
    return absl::InfiniteFuture();
  });
  clock.Advance(absl::Seconds(10));
  second.get_future().wait();
  EXPECT_EQ(calls, 2);
}

TEST(TimerWheel, RunInTheOrderOfTheirTimes) {
  base::SimulatedClock clock(absl::FromUnixSeconds(0));
  TimerWheel wheel(clock);
  std::vector<int> order;
  std::promise<void> last;
  const auto note = [&](int which) {
    return [&order, &last, which] {
      order.push_back(which);
      if (which == 3) last.set_value();
      return absl::InfiniteFuture();
    };
  };
  wheel.Add(absl::FromUnixSeconds(3), note(3));
  wheel.Add(absl::FromUnixSeconds(1), note(1));
  wheel.Add(absl::FromUnixSeconds(2), note(2));
  clock.Advance(absl::Seconds(5));
  last.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(TimerWheel, RemovedOnesAreDroppedUncalled) {
  base::SimulatedClock clock(absl::FromUnixSeconds(0));
  TimerWheel wheel(clock);
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> watch = held;
  const uint64_t id = wheel.Add(absl::FromUnixSeconds(1), [held = std::move(held)] {
    ADD_FAILURE() << "called";
    return absl::InfiniteFuture();
  });
  wheel.Remove(id);
  EXPECT_TRUE(watch.expired());
  clock.Advance(absl::Seconds(5));
  wheel.Stop();
}

TEST(TimerWheel, AfterStopNothingIsAccepted) {
  TimerWheel wheel(base::RealClock());
  wheel.Stop();
  EXPECT_EQ(wheel.Add(absl::InfinitePast(), [] { return absl::InfiniteFuture(); }), 0u);
}

// A wheel that a test turns.
class WheelTest : public ::testing::Test {
 protected:
  // Waits until the thread has run what is due now.
  void Settle() {
    std::promise<void> ran;
    wheel_.Add(clock_.Now(), [&ran] {
      ran.set_value();
      return absl::InfiniteFuture();
    });
    // It is due at the next tick at the latest.
    clock_.Advance(TimerWheel::kTick);
    ran.get_future().wait();
  }

  TimerWheel::OnDue Count(std::atomic<int>& calls) {
    return [&calls] {
      ++calls;
      return absl::InfiniteFuture();
    };
  }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'000'000)};
  TimerWheel wheel_{clock_};
};

TEST_F(WheelTest, NothingRunsEarlyAndNothingLaterThanATick) {
  std::atomic<int> calls = 0;
  const absl::Time due = clock_.Now() + absl::Milliseconds(1020);
  wheel_.Add(due, Count(calls));
  while (clock_.Now() + TimerWheel::kTick < due) {
    Settle();
    ASSERT_EQ(calls, 0) << clock_.Now();
  }
  clock_.Advance(due + TimerWheel::kTick - clock_.Now());
  Settle();
  EXPECT_EQ(calls, 1);
}

TEST_F(WheelTest, WhatIsDueAfterManyTurnsWaitsForItsTurn) {
  std::atomic<int> calls = 0;
  wheel_.Add(clock_.Now() + absl::Hours(1), Count(calls));
  for (int minute = 1; minute < 60; ++minute) {
    clock_.Advance(absl::Minutes(1));
    Settle();
    ASSERT_EQ(calls, 0) << minute;
  }
  clock_.Advance(absl::Minutes(1));
  Settle();
  EXPECT_EQ(calls, 1);
}

TEST_F(WheelTest, AfterAJumpOfDaysEverythingThatIsDueRunsOnce) {
  std::atomic<int> calls = 0;
  for (int i = 0; i < 5000; ++i) wheel_.Add(clock_.Now() + i * absl::Seconds(7), Count(calls));
  clock_.Advance(absl::Hours(48));
  // The last spoke may be looked at after that of Settle's own callback.
  for (int i = 0; i < 1500 && calls < 5000; ++i) Settle();
  EXPECT_EQ(calls, 5000);
  EXPECT_TRUE(Eventually([&] { return wheel_.size() == 0; }));
}

TEST_F(WheelTest, ATimeOfThePastIsDueNow) {
  std::atomic<int> calls = 0;
  wheel_.Add(absl::InfinitePast(), Count(calls));
  wheel_.Add(clock_.Now() - absl::Hours(3), Count(calls));
  Settle();
  EXPECT_EQ(calls, 2);
}

TEST_F(WheelTest, PlacesAreUsedAgainAndOldIdsMeanNothing) {
  std::atomic<int> calls = 0;
  const uint64_t old = wheel_.Add(clock_.Now() + absl::Seconds(1), Count(calls));
  wheel_.Remove(old);
  const uint64_t fresh = wheel_.Add(clock_.Now() + absl::Seconds(1), Count(calls));
  EXPECT_NE(old, fresh);
  EXPECT_EQ(static_cast<uint32_t>(old), static_cast<uint32_t>(fresh)) << "the same place";
  wheel_.Remove(old);
  EXPECT_EQ(wheel_.size(), 1u);
  clock_.Advance(absl::Seconds(1));
  Settle();
  EXPECT_EQ(calls, 1);
  wheel_.Remove(fresh);
  wheel_.Remove(0);
  EXPECT_TRUE(Eventually([&] { return wheel_.size() == 0; }));
}

TEST_F(WheelTest, ACallbackThatRemovesItselfDoesNotRunAgain) {
  std::atomic<int> calls = 0;
  std::atomic<uint64_t> id = 0;
  id = wheel_.Add(clock_.Now() + absl::Seconds(1), [&] {
    ++calls;
    wheel_.Remove(id);
    return clock_.Now() + absl::Seconds(1);
  });
  clock_.Advance(absl::Seconds(1));
  Settle();
  clock_.Advance(absl::Seconds(5));
  Settle();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(Eventually([&] { return wheel_.size() == 0; }));
}

TEST_F(WheelTest, RepeatsKeepTheirPaceAmongThousandsThatComeAndGo) {
  std::atomic<int> beats = 0;
  wheel_.Add(clock_.Now() + absl::Seconds(20), [&] {
    ++beats;
    return clock_.Now() + absl::Seconds(20);
  });
  std::atomic<int> strays = 0;
  for (int round = 0; round < 10; ++round) {
    std::vector<uint64_t> ids;
    for (int i = 0; i < 2000; ++i) {
      ids.push_back(wheel_.Add(clock_.Now() + absl::Seconds(25) + i * absl::Milliseconds(31), Count(strays)));
    }
    for (const uint64_t id : ids) wheel_.Remove(id);
    clock_.Advance(absl::Seconds(20));
    Settle();
    // The callback asks for 20 s after it ran, and Settle takes a tick.
    EXPECT_EQ(beats, round + 1);
  }
  EXPECT_EQ(strays, 0);
  EXPECT_TRUE(Eventually([&] { return wheel_.size() == 1; }));
}

}  // namespace
}  // namespace seedance::rpc
