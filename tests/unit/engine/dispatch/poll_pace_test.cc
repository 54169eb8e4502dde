#include "service/engine/dispatch/poll_pace.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace seedance::engine {
namespace {

TEST(JitteredTest, StaysWithinATenthAndUsesTheWholeOfIt) {
  base::SeededRandom random(1);
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration pause = Jittered(absl::Seconds(100), random);
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  EXPECT_GE(least, absl::Seconds(90));
  EXPECT_LT(least, absl::Seconds(92));
  EXPECT_LE(most, absl::Seconds(110));
  EXPECT_GT(most, absl::Seconds(108));
}

class PollPauseTest : public ::testing::Test {
 protected:
  absl::Duration Pause() { return PollPause(pace_, facts_); }

  PollPace pace_{absl::Seconds(15), absl::Seconds(10), absl::Seconds(30), absl::Minutes(2)};
  PollFacts facts_;
};

TEST_F(PollPauseTest, IsThatOfTheStateAndAThirdBeforeTheFirstLookAtAQueuedTask) {
  EXPECT_EQ(Pause(), absl::Seconds(10));
  facts_.first = true;
  EXPECT_EQ(Pause(), absl::Seconds(10));
  facts_.state = model::TaskState::kQueued;
  EXPECT_EQ(Pause(), absl::Seconds(5));
  facts_.first = false;
  EXPECT_EQ(Pause(), absl::Seconds(15));
}

TEST_F(PollPauseTest, IsLongerWhenNobodyWatchesAndNeverShorterThanThatOfTheState) {
  facts_.watched = false;
  EXPECT_EQ(Pause(), absl::Seconds(30));
  pace_.unwatched = absl::Seconds(12);
  EXPECT_EQ(Pause(), absl::Seconds(12));
  facts_.state = model::TaskState::kQueued;
  EXPECT_EQ(Pause(), absl::Seconds(15));
}

TEST_F(PollPauseTest, WatchedItIsFiveSecondsOrARoundAndNeverLongerThanThatOfTheState) {
  pace_.watched = absl::Seconds(5);
  for (const auto state : {model::TaskState::kRunning, model::TaskState::kQueued}) {
    facts_.state = state;
    facts_.round = absl::ZeroDuration();
    EXPECT_EQ(Pause(), absl::Seconds(5));
    facts_.round = absl::Seconds(4);
    EXPECT_EQ(Pause(), absl::Seconds(5));
    facts_.round = absl::Seconds(7);
    EXPECT_EQ(Pause(), absl::Seconds(7));
    facts_.round = absl::Seconds(200);
    EXPECT_EQ(Pause(), absl::Seconds(state == model::TaskState::kRunning ? 10 : 15));
  }
  facts_.first = true;
  EXPECT_EQ(Pause(), absl::Seconds(5));
  facts_.watched = false;
  facts_.first = false;
  EXPECT_EQ(Pause(), absl::Seconds(30)) << "of a task that nobody watches, as ever";
}

TEST_F(PollPauseTest, WhatIsKnownOfTheEndMakesAWatchedTaskNoMorePollsThanItsPace) {
  pace_.watched = absl::Seconds(5);
  facts_.usual = UsualDuration{absl::Seconds(60), absl::Seconds(90)};
  for (const int age : {10, 59, 75, 100}) {
    facts_.age = absl::Seconds(age);
    EXPECT_EQ(Pause(), absl::Seconds(5)) << age;
  }
}

TEST_F(PollPauseTest, WebhooksMakeItLongWhateverElse) {
  facts_.webhooks = true;
  facts_.usual = UsualDuration{absl::ZeroDuration(), absl::Hours(1)};
  EXPECT_EQ(Pause(), absl::Minutes(2));
}

TEST_F(PollPauseTest, NearTheUsualEndItIsHalfWhetherWatchedOrNot) {
  facts_.usual = UsualDuration{absl::Seconds(60), absl::Seconds(90)};
  for (const bool watched : {true, false}) {
    facts_.watched = watched;
    for (const int age : {60, 75, 90}) {
      facts_.age = absl::Seconds(age);
      EXPECT_EQ(Pause(), absl::Seconds(5)) << age;
    }
    facts_.age = absl::Seconds(91);
    EXPECT_EQ(Pause(), watched ? absl::Seconds(10) : absl::Seconds(30));
  }
}

TEST_F(PollPauseTest, BeforeThatItDoesNotSleepOverItsBegin) {
  facts_.usual = UsualDuration{absl::Seconds(60), absl::Seconds(90)};
  facts_.watched = false;
  facts_.age = absl::Seconds(10);
  EXPECT_EQ(Pause(), absl::Seconds(30));
  facts_.age = absl::Seconds(40);
  EXPECT_EQ(Pause(), absl::Seconds(20));
  facts_.age = absl::Seconds(59);
  EXPECT_EQ(Pause(), absl::Seconds(5));
}

TEST_F(PollPauseTest, WithoutRoomNothingIsPolledMoreThanUsual) {
  facts_.usual = UsualDuration{absl::Seconds(60), absl::Seconds(90)};
  facts_.age = absl::Seconds(75);
  facts_.crowded = true;
  EXPECT_EQ(Pause(), absl::Seconds(10));
}

TEST(DurationMemoryTest, SaysNothingUntilItKnowsEnough) {
  DurationMemory memory;
  for (int i = 0; i < 7; ++i) memory.Add(absl::Seconds(60));
  EXPECT_FALSE(memory.Usual().has_value());
  memory.Add(absl::Seconds(60));
  ASSERT_TRUE(memory.Usual().has_value());
}

TEST(DurationMemoryTest, HoldsMostDurationsToATenth) {
  DurationMemory memory;
  for (int i = 0; i < 200; ++i) memory.Add(absl::Seconds(100 + i * 37 % 100));
  const UsualDuration usual = *memory.Usual();
  EXPECT_GE(usual.early, absl::Seconds(90));
  EXPECT_LE(usual.early, absl::Seconds(115));
  EXPECT_GE(usual.late, absl::Seconds(180));
  EXPECT_LE(usual.late, absl::Seconds(215));
}

TEST(DurationMemoryTest, ForgetsWhatIsLongAgoAndABoundedNumberOfOddOnesChangesNothing) {
  DurationMemory memory;
  for (int i = 0; i < 500; ++i) memory.Add(absl::Hours(1));
  for (int i = 0; i < 200; ++i) memory.Add(i % 20 == 0 ? absl::Hours(9) : absl::Seconds(60));
  EXPECT_LE(memory.Usual()->late, absl::Seconds(70));
}

TEST(UsualDurationsTest, EachUpstreamAndModelHasItsOwn) {
  UsualDurations durations;
  for (int i = 0; i < 8; ++i) durations.Add("a", "fast", absl::Seconds(30));
  EXPECT_TRUE(durations.Of("a", "fast").has_value());
  EXPECT_FALSE(durations.Of("a", "slow").has_value());
  EXPECT_FALSE(durations.Of("b", "fast").has_value());
}

// Without the jitter: the middle of what many draws give.
absl::Duration Middle(absl::Duration interval, absl::Duration age) {
  base::SeededRandom random(1);
  absl::Duration sum;
  for (int i = 0; i < 1000; ++i) sum += AssetPause(interval, age, random);
  return absl::Trunc(sum / 1000 + absl::Milliseconds(500), absl::Seconds(1));
}

TEST(AssetPauseTest, IsTheIntervalForTwoMinutesThenGrowsToAMinute) {
  EXPECT_EQ(Middle(absl::Seconds(3), absl::ZeroDuration()), absl::Seconds(3));
  EXPECT_EQ(Middle(absl::Seconds(3), absl::Minutes(2)), absl::Seconds(3));
  EXPECT_EQ(Middle(absl::Seconds(3), absl::Minutes(20)), absl::Seconds(30));
  EXPECT_EQ(Middle(absl::Seconds(3), absl::Hours(20)), absl::Seconds(60));
}

TEST(AssetPauseTest, AnIntervalLongerThanAMinuteIsKept) {
  EXPECT_EQ(Middle(absl::Seconds(90), absl::Hours(20)), absl::Seconds(90));
}

class NotFoundStreakTest : public ::testing::Test {
 protected:
  bool AddAt(absl::Duration time) { return streak_.Add(absl::UnixEpoch() + time, {3, absl::Minutes(2)}); }
  NotFoundStreak streak_;
};

TEST_F(NotFoundStreakTest, ManyAnswersInAShortTimeAreNotBelieved) {
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(AddAt(absl::Seconds(1)));
  EXPECT_FALSE(AddAt(absl::Seconds(120)));
  EXPECT_TRUE(AddAt(absl::Seconds(121)));
}

TEST_F(NotFoundStreakTest, FewAnswersOverALongTimeAreNotBelieved) {
  EXPECT_FALSE(AddAt(absl::ZeroDuration()));
  EXPECT_FALSE(AddAt(absl::Hours(1)));
  EXPECT_TRUE(AddAt(absl::Hours(2)));
}

TEST_F(NotFoundStreakTest, AnotherAnswerBeginsANewStreak) {
  EXPECT_FALSE(AddAt(absl::ZeroDuration()));
  EXPECT_FALSE(AddAt(absl::Minutes(1)));
  streak_.Reset();
  EXPECT_FALSE(AddAt(absl::Minutes(3)));
  EXPECT_FALSE(AddAt(absl::Minutes(4)));
  EXPECT_FALSE(AddAt(absl::Minutes(4)));
  EXPECT_TRUE(AddAt(absl::Minutes(5)));
}

TEST_F(NotFoundStreakTest, WhatWasSaidBeforeAnOutageDoesNotCount) {
  const auto count_at = [this](bool not_found, int64_t outage_epoch, absl::Duration time) {
    return streak_.Count(not_found, outage_epoch, absl::UnixEpoch() + time, {2, absl::ZeroDuration()});
  };
  EXPECT_FALSE(count_at(true, 0, absl::Minutes(0)));
  EXPECT_FALSE(count_at(true, 1, absl::Minutes(1)));
  EXPECT_FALSE(count_at(false, 1, absl::Minutes(2)));
  EXPECT_FALSE(count_at(true, 1, absl::Minutes(3)));
  EXPECT_TRUE(count_at(true, 1, absl::Minutes(4)));
}

}  // namespace
}  // namespace seedance::engine
