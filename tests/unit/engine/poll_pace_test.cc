#include "service/engine/poll_pace.h"

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

}  // namespace
}  // namespace seedance::engine
