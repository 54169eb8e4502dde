// Tasks that the vendor calls a success without a link to their video.
#include <string>

#include "tests/unit/engine/tasks/task_tracker_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::TaskState;

class ResultMissingTest : public TaskTrackerTest {};

upstream::TaskReport SuccessWithoutResult() {
  upstream::TaskReport report = Report(TaskState::kRunning, 100);
  report.result_missing = true;
  return report;
}

TEST_F(ResultMissingTest, ASuccessWithoutAResultIsToldAndEndsSoon) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.SetTask(VendorId(id), SuccessWithoutResult());
  ASSERT_TRUE(OnePoll());
  EXPECT_EQ(Stored(id).state, TaskState::kRunning);
  EXPECT_THAT(Stored(id).state_message, ::testing::HasSubstr("reports success but no link"));
  const std::string message = Stored(id).state_message;
  const absl::Time told = clock_.Now();
  while (clock_.Now() < told + absl::Minutes(4)) {
    ASSERT_TRUE(OnePoll());
    ASSERT_EQ(Stored(id).state, TaskState::kRunning);
    EXPECT_EQ(Stored(id).state_message, message) << "the time does not move";
  }
  while (clock_.Now() < told + absl::Minutes(6) && Stored(id).state == TaskState::kRunning) ASSERT_TRUE(OnePoll());
  EXPECT_EQ(Stored(id).state, TaskState::kFailed);
  EXPECT_LE(clock_.Now(), told + absl::Minutes(6));
  EXPECT_EQ(Stored(id).error.reason, Reason::kResultMissing);
  EXPECT_THAT(Stored(id).error.message, ::testing::HasSubstr("bills"));
  EXPECT_EQ(Stored(id).state_message, "");
}

TEST_F(ResultMissingTest, AResultThatComesWithinThePatienceIsKept) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.SetTask(VendorId(id), SuccessWithoutResult());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(OnePoll());
  vendor_.SetTask(VendorId(id), Report(TaskState::kRunning, 99));
  ASSERT_TRUE(OnePoll());
  EXPECT_EQ(Stored(id).state_message, "") << "it takes its word back";
  vendor_.SetTask(VendorId(id), SuccessWithoutResult());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(OnePoll());
  EXPECT_EQ(Stored(id).state, TaskState::kRunning) << "counted anew";
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  ASSERT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(15)));
  EXPECT_EQ(Stored(id).state_message, "");
}

TEST_F(ResultMissingTest, ASuccessWithoutAResultAtTheDeadlineIsNoExpiry) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Minutes(1);
  options.task_tracker.poll_interval_queued = absl::Hours(10);
  Start(options);
  const std::string id = SubmittedTask();
  vendor_.SetTask(VendorId(id), SuccessWithoutResult());
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Reaches(id, TaskState::kFailed));
  EXPECT_EQ(Stored(id).error.reason, Reason::kResultMissing);
}

}  // namespace
}  // namespace seedance::testing
