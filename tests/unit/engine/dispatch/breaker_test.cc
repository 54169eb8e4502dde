#include "service/engine/dispatch/breaker.h"

#include <gtest/gtest.h>

namespace seedance::engine {
namespace {

class BreakerTest : public ::testing::Test {
 protected:
  // A call whose answer is there at once.
  void Call(bool usable) {
    const bool probe = breaker_.Begin();
    breaker_.Answered(usable, probe, now_);
  }
  void GoDown() {
    for (int i = 0; i < 3; ++i) Call(false);
  }
  absl::Duration Left() { return breaker_.NextAt(now_) - now_; }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  Breaker breaker_{{3, absl::Seconds(5)}};
};

TEST_F(BreakerTest, OpensAfterSoManyFailuresInARow) {
  for (int i = 0; i < 10; ++i) {
    Call(false);
    Call(false);
    Call(true);
  }
  EXPECT_FALSE(breaker_.open());
  GoDown();
  EXPECT_TRUE(breaker_.open());
  EXPECT_EQ(breaker_.openings(), 1);
  EXPECT_EQ(Left(), absl::Seconds(5));
}

TEST_F(BreakerTest, OneTriesAtATimeAndEachFailureDoublesThePauseUpToSixteenTimes) {
  GoDown();
  for (const int seconds : {5, 10, 20, 40, 80, 80, 80}) {
    EXPECT_EQ(Left(), absl::Seconds(seconds));
    now_ += absl::Seconds(seconds);
    EXPECT_EQ(Left(), absl::ZeroDuration());
    EXPECT_TRUE(breaker_.Begin());
    EXPECT_EQ(Left(), absl::InfiniteDuration());
    breaker_.Answered(false, true, now_);
  }
  now_ += absl::Seconds(80);
  Call(true);
  EXPECT_FALSE(breaker_.open());
  GoDown();
  EXPECT_EQ(Left(), absl::Seconds(5)) << "the next outage begins anew";
  EXPECT_EQ(breaker_.openings(), 2);
}

TEST_F(BreakerTest, AProbeThatEndsWithoutAnAnswerLetsAnotherTry) {
  GoDown();
  now_ += absl::Seconds(5);
  ASSERT_TRUE(breaker_.Begin());
  breaker_.Ended(true);
  EXPECT_TRUE(breaker_.open());
  EXPECT_EQ(Left(), absl::ZeroDuration());
}

TEST_F(BreakerTest, LateAnswersOfCallsFromBeforeCountOnlyWhenTheyAreUsable) {
  GoDown();
  breaker_.Answered(false, false, now_ + absl::Seconds(4));
  EXPECT_EQ(Left(), absl::Seconds(5));
  breaker_.Answered(true, false, now_);
  EXPECT_FALSE(breaker_.open());
  EXPECT_EQ(Left(), absl::ZeroDuration());
}

TEST_F(BreakerTest, ZeroFailuresIsNever) {
  Breaker never({0, absl::Seconds(5)});
  for (int i = 0; i < 1000; ++i) never.Answered(false, never.Begin(), now_);
  EXPECT_FALSE(never.open());
}

TEST_F(BreakerTest, AClockThatIsSetBackCostsAPauseNotTheTimeOfTheStep) {
  GoDown();
  now_ -= absl::Hours(10);
  EXPECT_LE(Left(), absl::Seconds(5));
}

TEST_F(BreakerTest, ItOpensWithThatOfAnotherGatewayUnlessItHadAnAnswerLately) {
  Call(true);
  breaker_.HearDown(now_);
  EXPECT_FALSE(breaker_.open());
  now_ += absl::Seconds(5);
  breaker_.HearDown(now_);
  EXPECT_TRUE(breaker_.open());
  EXPECT_EQ(Left(), absl::Seconds(5));
  EXPECT_EQ(breaker_.openings(), 1);
}

TEST_F(BreakerTest, ItTriesAtOnceWhenThatOfAnotherGatewayCloses) {
  breaker_.HearUp(now_);
  EXPECT_FALSE(breaker_.open());
  GoDown();
  breaker_.HearUp(now_);
  EXPECT_TRUE(breaker_.open()) << "what another one reached may be out of reach here";
  EXPECT_EQ(Left(), absl::ZeroDuration());
  Call(true);
  EXPECT_FALSE(breaker_.open());
}

TEST(BreakerOffTest, ItNeverOpensByWhatOthersTell) {
  Breaker off({0, absl::Seconds(5)});
  off.HearDown(absl::FromUnixSeconds(1'800'000'000));
  EXPECT_FALSE(off.open());
}

}  // namespace
}  // namespace seedance::engine
