#include "service/base/log_limiter.h"

#include <gtest/gtest.h>

#include <string>

#include "service/base/clock.h"

namespace seedance::base {
namespace {

class LogLimiterTest : public ::testing::Test {
 protected:
  LogLimiterTest() { limiter_.SetRates({.own = 100, .anyone = 10}); }

  // Of `tries` lines, those that may be written.
  int Admitted(const std::string& kind, LogCause cause, int tries) {
    int admitted = 0;
    for (int i = 0; i < tries; ++i) admitted += limiter_.Admit(kind, cause, clock_.Now()) ? 1 : 0;
    return admitted;
  }

  SimulatedClock clock_{absl::FromUnixSeconds(1'000'000)};
  LogLimiter limiter_;
};

TEST_F(LogLimiterTest, ABurstIsTwoSecondsOfTheRate) {
  EXPECT_EQ(Admitted("a", LogCause::kAnyone, 1000), 20);
  EXPECT_EQ(Admitted("b", LogCause::kOwn, 1000), 200);
}

TEST_F(LogLimiterTest, AFloodOfOneKindCostsNoLineOfAnother) {
  EXPECT_EQ(Admitted("call_refused", LogCause::kAnyone, 100'000), 20);
  EXPECT_EQ(Admitted("call", LogCause::kOwn, 100), 100);
}

TEST_F(LogLimiterTest, TheRateIsGivenAgainWithTime) {
  Admitted("a", LogCause::kAnyone, 1000);
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_EQ(Admitted("a", LogCause::kAnyone, 1000), 5);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Admitted("a", LogCause::kAnyone, 1000), 20);
}

TEST_F(LogLimiterTest, AClockThatIsSetBackGivesNothingAndTakesNothing) {
  Admitted("a", LogCause::kAnyone, 1000);
  clock_.Advance(-absl::Hours(1));
  EXPECT_EQ(Admitted("a", LogCause::kAnyone, 1000), 0);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Admitted("a", LogCause::kAnyone, 1000), 10);
  EXPECT_EQ(limiter_.TakeReports(clock_.Now(), false).size(), 1u);
}

TEST_F(LogLimiterTest, OneReportInAnInterval) {
  Admitted("a", LogCause::kAnyone, 120);
  EXPECT_TRUE(limiter_.TakeReports(clock_.Now(), false).empty());
  clock_.Advance(LogLimiter::kReportInterval - absl::Seconds(1));
  EXPECT_TRUE(limiter_.TakeReports(clock_.Now(), false).empty());
  clock_.Advance(absl::Seconds(1));
  const auto reports = limiter_.TakeReports(clock_.Now(), false);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].kind, "a");
  EXPECT_EQ(reports[0].dropped, 100u);
  EXPECT_EQ(reports[0].span, LogLimiter::kReportInterval);
  EXPECT_TRUE(limiter_.TakeReports(clock_.Now(), true).empty()) << "reported already";
}

TEST_F(LogLimiterTest, TheEndReportsWhatIsNotDue) {
  Admitted("a", LogCause::kAnyone, 21);
  Admitted("b", LogCause::kAnyone, 22);
  Admitted("c", LogCause::kAnyone, 20);
  const auto reports = limiter_.TakeReports(clock_.Now(), true);
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].dropped, 1u);
  EXPECT_EQ(reports[1].dropped, 2u);
}

TEST_F(LogLimiterTest, TotalsGoOnOverReports) {
  Admitted("a", LogCause::kAnyone, 30);
  limiter_.TakeReports(clock_.Now(), true);
  Admitted("a", LogCause::kAnyone, 5);
  Admitted("b", LogCause::kAnyone, 5);
  const auto totals = limiter_.Totals();
  EXPECT_EQ(totals.size(), 1u);
  EXPECT_EQ(totals.at("a"), 15u);
}

TEST_F(LogLimiterTest, KindsBeyondTheLimitShareOne) {
  for (size_t i = 0; i < 2 * LogLimiter::kMaxKinds; ++i) Admitted(std::to_string(i), LogCause::kAnyone, 21);
  const auto totals = limiter_.Totals();
  EXPECT_EQ(totals.size(), LogLimiter::kMaxKinds + 1);
  EXPECT_EQ(totals.at("other"), LogLimiter::kMaxKinds * 21 - 20);
}

}  // namespace
}  // namespace seedance::base
