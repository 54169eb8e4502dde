#include "service/base/repeating_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/testing/eventually.h"

namespace seedance::base {
namespace {

using ::seedance::testing::Eventually;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class RepeatingThreadTest : public ::testing::Test {
 protected:
  SimulatedClock clock_{kStart};
  std::atomic<int> steps_{0};
  RepeatingThread thread_{clock_};
};

TEST_F(RepeatingThreadTest, NoStepComesBeforeThePauseThatWasAskedForIsOver) {
  std::vector<absl::Time> begins;  // Of the thread, until it is joined.
  thread_.Start("steps", absl::Seconds(5), [&] {
    begins.push_back(clock_.Now());
    return absl::Seconds(10 * ++steps_);
  });
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return steps_ >= 3;
  }));
  thread_.Stop();
  EXPECT_GE(begins[0], kStart + absl::Seconds(5));
  EXPECT_GE(begins[1], begins[0] + absl::Seconds(10));
  EXPECT_GE(begins[2], begins[1] + absl::Seconds(20));
}

TEST_F(RepeatingThreadTest, AStopEndsThePauseAndWaitsForTheStepThatRuns) {
  std::atomic<bool> saw_stop{false};
  thread_.Start("steps", absl::ZeroDuration(), [&] {
    ++steps_;
    saw_stop = Eventually([&] { return thread_.stopped(); });
    return absl::ZeroDuration();
  });
  ASSERT_TRUE(Eventually([&] { return steps_ == 1; }));
  thread_.Stop();
  EXPECT_TRUE(saw_stop) << "the step ended before Stop returned";
  EXPECT_EQ(steps_, 1);
  thread_.Stop();
}

TEST_F(RepeatingThreadTest, OneThatWasStoppedInItsPauseDoesNothing) {
  thread_.Start("steps", absl::Hours(1), [&] {
    ++steps_;
    return absl::Hours(1);
  });
  thread_.Stop();
  EXPECT_EQ(steps_, 0);
}

TEST_F(RepeatingThreadTest, OneThatNeverStartedStops) {
  thread_.Stop();
  EXPECT_TRUE(thread_.stopped());
}

}  // namespace
}  // namespace seedance::base
