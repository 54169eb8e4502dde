#include "tests/bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace seedance::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

Row RatioRow() {
  Row row;
  row.id = "throughput";
  row.what = "calls";
  row.unit = "calls/s";
  row.ours = {80, 30, 90};
  row.yardstick_name = "bare server";
  row.yardstick = {100, 50, 100};
  row.judged = Row::Judged::kRatio;
  return row;
}

TEST(SpreadTest, MedianIsTheMiddleOneOrTheMeanOfTwo) {
  EXPECT_EQ(Spread::Of({5, 1, 3}).median, 3);
  EXPECT_EQ(Spread::Of({5, 1, 3, 4}).median, 3.5);
  EXPECT_EQ(Spread::Of({5, 1, 3}).min, 1);
  EXPECT_EQ(Spread::Of({5, 1, 3}).max, 5);
}

TEST(RowTest, RatiosAreOfRoundsThatLieSideBySide) {
  EXPECT_THAT(RatioRow().JudgedFigures(), ElementsAre(0.8, 0.6, 0.9));
}

TEST(RowTest, DifferencesAreOfRoundsThatLieSideBySide) {
  Row row = RatioRow();
  row.judged = Row::Judged::kDifference;
  EXPECT_THAT(row.JudgedFigures(), ElementsAre(-20, -20, -10));
}

TEST(RowTest, GoalIsForTheMedianOfWhatIsJudged) {
  Row row = RatioRow();
  EXPECT_FALSE(row.Met().has_value());
  row.goal = Goal::AtLeast(0.8);
  EXPECT_EQ(row.Met(), true);
  row.goal = Goal::AtLeast(0.81);
  EXPECT_EQ(row.Met(), false);
  row.goal = Goal::AtMost(0.8);
  EXPECT_EQ(row.Met(), true);
}

TEST(RowTest, GoalOfEveryRoundIsMissedByOne) {
  Row row = RatioRow();
  row.goal = Goal::AtLeast(0.7);
  EXPECT_EQ(row.Met(), true);
  row.every_round = true;
  EXPECT_EQ(row.Met(), false);
}

TEST(RowTest, GoalWithinIsMissedOnEitherSide) {
  EXPECT_TRUE(Goal::Within(1).MetBy(-1));
  EXPECT_FALSE(Goal::Within(1).MetBy(-2));
  EXPECT_FALSE(Goal::Within(1).MetBy(2));
}

TEST(RowTest, RowsThatAreNoResultSayWhy) {
  EXPECT_THAT(RatioRow().Defect(), IsEmpty());
  Row row = RatioRow();
  row.ours.clear();
  EXPECT_THAT(row.Defect(), Not(IsEmpty()));
  row = RatioRow();
  row.yardstick.pop_back();
  EXPECT_THAT(row.Defect(), HasSubstr("lacks rounds"));
  row = RatioRow();
  row.yardstick[0] = 0;
  EXPECT_THAT(row.Defect(), HasSubstr("yardstick"));
  row = RatioRow();
  row.ours[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(row.Defect(), HasSubstr("not a number"));
}

TEST(RowTest, LineHasTheRatioBesideItsGoal) {
  Row row = RatioRow();
  row.goal = Goal::AtLeast(0.85);
  const std::string line = LineOf(row, true);
  EXPECT_THAT(line, HasSubstr("80 (30-90) calls/s"));
  EXPECT_THAT(line, HasSubstr("bare server 100 (50-100)"));
  EXPECT_THAT(line, HasSubstr("ratio 0.800 (0.600-0.900)"));
  EXPECT_THAT(line, HasSubstr("goal >= 0.850: MISSED"));
}

TEST(RowTest, LineWithoutJudgementHasNoFigures) { EXPECT_THAT(LineOf(RatioRow(), false), Not(HasSubstr("80"))); }

TEST(RowTest, JsonHasRoundsMediansAndVerdict) {
  Row row = RatioRow();
  row.goal = Goal::AtLeast(0.7);
  const Json json = Json::parse(JsonOf("get_task", row));
  EXPECT_EQ(json["bench"], "get_task");
  EXPECT_EQ(json["ours"]["median"], 80);
  EXPECT_EQ(json["yardstick"]["name"], "bare server");
  EXPECT_EQ(json["ratio"]["rounds"].size(), 3U);
  EXPECT_EQ(json["goal"]["at_least"], 0.7);
  EXPECT_EQ(json["met"], true);
}

TEST(RowTest, JsonOfASkippedRowHasTheReason) {
  const Json json = Json::parse(SkippedJsonOf("take_over", "take_over", "standby", "there is none"));
  EXPECT_EQ(json["skipped"], "there is none");
}

TEST(FigureTextTest, ShowsThreeDigitsThatMatter) {
  EXPECT_EQ(FigureText(48123.4), "48123");
  EXPECT_EQ(FigureText(312.34), "312.3");
  EXPECT_EQ(FigureText(3.1234), "3.12");
  EXPECT_EQ(FigureText(0.8312), "0.831");
  EXPECT_EQ(FigureText(0), "0");
}

}  // namespace
}  // namespace seedance::bench
