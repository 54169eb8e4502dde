#include "tests/bench/poll_history.h"

#include <gtest/gtest.h>

namespace seedance::bench {
namespace {

absl::Time At(double seconds) { return absl::FromUnixSeconds(1'000'000) + absl::Seconds(seconds); }

TEST(PollHistoryTest, ASecondMayBeginAnywhere) {
  const PollHistory polls = {{"a", {At(0), At(0.9), At(1.4)}}, {"b", {At(0.5), At(1.89)}}};
  EXPECT_EQ(MostInASecond(polls), 3);  // From 0.9 on, or from 0.5 on.
  EXPECT_EQ(MostInASecond({}), 0);
}

TEST(PollHistoryTest, EndsOfASecondDoNotBothBelongToIt) { EXPECT_EQ(MostInASecond({{"a", {At(0), At(1)}}}), 1); }

TEST(PollHistoryTest, OldestAgeIsTheLongestPauseOfAnyTask) {
  const PollHistory polls = {{"a", {At(1), At(4)}}, {"b", {At(2), At(3)}}};
  EXPECT_EQ(OldestAge(polls, {"a", "b"}, At(0), At(5)), absl::Seconds(3));
  EXPECT_EQ(OldestAge(polls, {"a", "b"}, At(0), At(9)), absl::Seconds(6));
}

TEST(PollHistoryTest, TaskThatWasNeverPolledIsAsOldAsTheTime) {
  EXPECT_EQ(OldestAge({{"a", {At(1)}}}, {"a", "b"}, At(0), At(2)), absl::Seconds(2));
}

TEST(PollHistoryTest, PollsAfterTheEndDoNotCount) {
  EXPECT_EQ(OldestAge({{"a", {At(1), At(8)}}}, {"a"}, At(0), At(2)), absl::Seconds(1));
}

}  // namespace
}  // namespace seedance::bench
