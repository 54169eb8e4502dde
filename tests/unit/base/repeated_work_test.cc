#include "service/base/repeated_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/testing/eventually.h"

namespace seedance::base {
namespace {

using ::seedance::testing::Eventually;

const absl::Time kWorkStart = absl::FromUnixSeconds(1'800'000'000);

class RepeatedWorkTest : public ::testing::Test {
 protected:
  SimulatedClock clock_{kWorkStart};
  std::atomic<int> steps_{0};
  RepeatedWork work_{clock_};
};

TEST_F(RepeatedWorkTest, NoStepComesBeforeThePauseThatWasAskedForIsOver) {
  std::vector<absl::Time> begins;  // Of the step, until it is stopped.
  work_.Start(absl::Seconds(5), [&] {
    begins.push_back(clock_.Now());
    return absl::Seconds(10 * ++steps_);
  });
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return steps_ >= 3;
  }));
  work_.Stop();
  EXPECT_GE(begins[0], kWorkStart + absl::Seconds(5));
  EXPECT_GE(begins[1], begins[0] + absl::Seconds(10));
  EXPECT_GE(begins[2], begins[1] + absl::Seconds(20));
}

TEST_F(RepeatedWorkTest, AStopEndsThePauseAndWaitsForTheStepThatRuns) {
  std::atomic<bool> saw_stop{false};
  work_.Start(absl::ZeroDuration(), [&] {
    ++steps_;
    saw_stop = Eventually([&] { return work_.stopped(); });
    return absl::ZeroDuration();
  });
  ASSERT_TRUE(Eventually([&] { return steps_ == 1; }));
  work_.Stop();
  EXPECT_TRUE(saw_stop) << "the step ended before Stop returned";
  EXPECT_EQ(steps_, 1);
  work_.Stop();
}

TEST_F(RepeatedWorkTest, OneThatWasStoppedInItsPauseDoesNothing) {
  work_.Start(absl::Hours(1), [&] {
    ++steps_;
    return absl::Hours(1);
  });
  work_.Stop();
  EXPECT_EQ(steps_, 0);
}

TEST_F(RepeatedWorkTest, OneThatNeverStartedStops) {
  work_.Stop();
  EXPECT_TRUE(work_.stopped());
}

}  // namespace
}  // namespace seedance::base
