#include "service/base/timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/testing/eventually.h"

namespace seedance::base {
namespace {

using ::seedance::testing::Eventually;
using Work = Timer::Alarm::Work;

class TimerTest : public ::testing::TestWithParam<Work> {
 protected:
  absl::Time In(absl::Duration time) { return clock_.Now() + time; }

  SimulatedClock clock_{absl::UnixEpoch()};
  std::atomic<int> runs_{0};
  Timer::Alarm alarm_{clock_, GetParam(), [this] { ++runs_; }};
};

INSTANTIATE_TEST_SUITE_P(Works, TimerTest, ::testing::Values(Work::kQuick, Work::kMayBlock),
                         [](const auto& test) { return test.param == Work::kQuick ? "Quick" : "MayBlock"; });

TEST_P(TimerTest, RunsOnceForEachTimeThatItIsSet) {
  alarm_.Set(In(absl::Seconds(1)));
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(Eventually([&] { return runs_ == 1; }));
  alarm_.Set(In(absl::Seconds(1)));
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return runs_ == 2; }));
}

TEST_P(TimerTest, ANewTimeReplacesTheOldOne) {
  std::atomic<int> others{0};
  Timer::Alarm other(clock_, GetParam(), [&] { ++others; });
  alarm_.Set(In(absl::Seconds(1)));
  alarm_.Set(In(absl::Hours(1)));
  other.Set(In(absl::Seconds(2)));
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(Eventually([&] { return others == 1; }));
  EXPECT_EQ(runs_, 0);
  alarm_.Set(clock_.Now());
  EXPECT_TRUE(Eventually([&] { return runs_ == 1; }));
}

TEST_P(TimerTest, AnInfiniteTimeUnsetsIt) {
  std::atomic<int> others{0};
  Timer::Alarm other(clock_, GetParam(), [&] { ++others; });
  alarm_.Set(In(absl::Seconds(1)));
  alarm_.Set(absl::InfiniteFuture());
  other.Set(In(absl::Seconds(2)));
  clock_.Advance(absl::Hours(5));
  ASSERT_TRUE(Eventually([&] { return others == 1; }));
  EXPECT_EQ(runs_, 0);
}

TEST_P(TimerTest, SetWhileItRunsItRunsOnceMoreAfterwards) {
  std::atomic<int> runs{0};
  std::atomic<int> at_once{0};
  std::atomic<bool> go{false};
  Timer::Alarm alarm(clock_, GetParam(), [&] {
    EXPECT_EQ(++at_once, 1);
    EXPECT_TRUE(Eventually([&] { return go.load(); }));
    --at_once;
    ++runs;
  });
  alarm.Set(clock_.Now());
  ASSERT_TRUE(Eventually([&] { return at_once == 1; }));
  alarm.Set(clock_.Now());
  alarm.Set(clock_.Now());
  go = true;
  ASSERT_TRUE(Eventually([&] { return runs == 2; }));
  alarm.Stop();
  EXPECT_EQ(runs, 2);
}

TEST_P(TimerTest, AStopWaitsForTheRunAndUnsetsIt) {
  std::atomic<bool> inside{false};
  std::atomic<bool> go{false};
  std::atomic<bool> ended{false};
  Timer::Alarm alarm(clock_, GetParam(), [&] {
    inside = true;
    EXPECT_TRUE(Eventually([&] { return go.load(); }));
    ended = true;
  });
  alarm.Set(clock_.Now());
  ASSERT_TRUE(Eventually([&] { return inside.load(); }));
  std::thread stop([&] {
    alarm.Stop();
    EXPECT_TRUE(ended);
  });
  go = true;
  stop.join();
  inside = false;
  alarm.Set(clock_.Now());
  std::atomic<int> others{0};
  Timer::Alarm other(clock_, GetParam(), [&] { ++others; });
  other.Set(clock_.Now());
  ASSERT_TRUE(Eventually([&] { return others == 1; }));
  EXPECT_FALSE(inside) << "it ran after its stop";
}

TEST(Timer, WhatBlocksHoldsUpNeitherQuickWorkNorOtherWorkThatMayBlock) {
  SimulatedClock clock(absl::UnixEpoch());
  std::atomic<bool> go{false};
  std::atomic<int> runs{0};
  Timer::Alarm blocked(clock, Work::kMayBlock, [&] { EXPECT_TRUE(Eventually([&] { return go.load(); })); });
  Timer::Alarm may_block(clock, Work::kMayBlock, [&] { ++runs; });
  Timer::Alarm quick(clock, Work::kQuick, [&] { ++runs; });
  blocked.Set(clock.Now());
  may_block.Set(clock.Now());
  quick.Set(clock.Now());
  EXPECT_TRUE(Eventually([&] { return runs == 2; }));
  go = true;
}

TEST(Timer, WorkThatWaitsForAWorkerIsDroppedByAStopAndNotWaitedFor) {
  SimulatedClock clock(absl::UnixEpoch());
  std::atomic<bool> go{false};
  std::atomic<int> inside{0};
  std::vector<std::unique_ptr<Timer::Alarm>> blocked;
  std::atomic<bool> ran{false};
  Timer::Alarm queued(clock, Work::kMayBlock, [&] { ran = true; });
  for (int i = 0; i < Timer::kWorkers; ++i) {
    blocked.push_back(std::make_unique<Timer::Alarm>(clock, Work::kMayBlock, [&] {
      ++inside;
      EXPECT_TRUE(Eventually([&] { return go.load(); }));
    }));
    blocked.back()->Set(clock.Now());
  }
  ASSERT_TRUE(Eventually([&] { return inside == Timer::kWorkers; }));
  queued.Set(clock.Now());
  queued.Stop();
  go = true;
  for (const auto& alarm : blocked) alarm->Stop();
  EXPECT_FALSE(ran);
}

TEST(Timer, QuickWorkRunsInTheOrderOfItsTimes) {
  SimulatedClock clock(absl::UnixEpoch());
  std::vector<int> order;  // Of the timer's thread, until the alarms are stopped.
  std::atomic<int> runs{0};
  std::vector<std::unique_ptr<Timer::Alarm>> alarms;
  for (int i = 0; i < 3; ++i) {
    alarms.push_back(std::make_unique<Timer::Alarm>(clock, Work::kQuick, [&order, &runs, i] {
      order.push_back(i);
      ++runs;
    }));
  }
  alarms[0]->Set(clock.Now() + absl::Seconds(2));
  alarms[1]->Set(clock.Now() + absl::Seconds(3));
  alarms[2]->Set(clock.Now() + absl::Seconds(1));
  clock.Advance(absl::Seconds(10));
  ASSERT_TRUE(Eventually([&] { return runs == 3; }));
  for (const auto& alarm : alarms) alarm->Stop();
  EXPECT_EQ(order, (std::vector<int>{2, 0, 1}));
}

}  // namespace
}  // namespace seedance::base
