#include "service/engine/tasks/report_merge.h"

#include <gtest/gtest.h>

#include "service/engine/dispatch/refusals.h"
#include "tests/testing/fake_upstream.h"

namespace seedance::engine {
namespace {

using base::Reason;
using model::GenerationTask;
using model::TaskState;

GenerationTask In(TaskState state) {
  GenerationTask task;
  task.state = state;
  return task;
}

upstream::TaskReport Says(TaskState state) {
  upstream::TaskReport report;
  report.state = state;
  return report;
}

TEST(MergeReportTest, TheSameAgainIsNoNews) {
  GenerationTask task = In(TaskState::kQueued);
  upstream::TaskReport report = Says(TaskState::kRunning);
  report.progress_percent = 10;
  EXPECT_TRUE(MergeReport(report, task));
  EXPECT_FALSE(MergeReport(report, task));
}

TEST(MergeReportTest, NeverTakesATaskOutOfATerminalState) {
  for (const TaskState ended :
       {TaskState::kSucceeded, TaskState::kFailed, TaskState::kCancelled, TaskState::kExpired, TaskState::kLost}) {
    GenerationTask task = In(ended);
    EXPECT_FALSE(MergeReport(Says(TaskState::kRunning), task));
    EXPECT_FALSE(MergeReport(Says(TaskState::kSucceeded), task));
    EXPECT_EQ(task.state, ended);
  }
}

TEST(MergeReportTest, ProgressStaysWithinAHundredAndDecidesNothing) {
  GenerationTask task = In(TaskState::kRunning);
  upstream::TaskReport report = Says(TaskState::kRunning);
  report.progress_percent = 250;
  EXPECT_TRUE(MergeReport(report, task));
  EXPECT_EQ(task.progress_percent, 100);
  EXPECT_EQ(task.progress_source, model::ProgressSource::kReported);
  EXPECT_EQ(task.state, TaskState::kRunning);
  report.progress_percent = -1;
  MergeReport(report, task);
  EXPECT_EQ(task.progress_percent, 0);
}

TEST(MergeReportTest, AResultComesWithSuccessOnlyAndAnErrorNever) {
  upstream::TaskReport report = Says(TaskState::kRunning);
  report.result.video_uri = "https://early";
  report.error.reason = Reason::kUpstreamFailed;
  GenerationTask task = In(TaskState::kQueued);
  EXPECT_TRUE(MergeReport(report, task));
  EXPECT_EQ(task.result.video_uri, "");
  EXPECT_EQ(task.error.reason, Reason::kUnspecified);
  report.state = TaskState::kSucceeded;
  EXPECT_TRUE(MergeReport(report, task));
  EXPECT_EQ(task.result.video_uri, "https://early");
  EXPECT_EQ(task.error.reason, Reason::kUnspecified);
}

TEST(MergeReportTest, AFailureCarriesItsError) {
  upstream::TaskReport report = Says(TaskState::kFailed);
  report.error = {Reason::kOutputModeration, "code", "words"};
  GenerationTask task = In(TaskState::kRunning);
  EXPECT_TRUE(MergeReport(report, task));
  EXPECT_EQ(task.error, report.error);
}

TEST(MergeSubmissionTest, WhatTheGatewayHeldBackItselfIsSentLater) {
  for (const absl::Status& why : {Stopping(), PutOffByCooldown(absl::Seconds(30))}) {
    const testing::Billed held_back = upstream::NotSent(why);
    ASSERT_FALSE(held_back.retryable) << "not on the thread that holds it";
    GenerationTask task = In(TaskState::kSubmitting);
    MergeSubmission(held_back, absl::UnixEpoch(), absl::Seconds(1), task);
    EXPECT_EQ(task.state, TaskState::kPending) << why;
    EXPECT_EQ(task.error.reason, Reason::kUnspecified);
    EXPECT_EQ(task.state_message.empty(), absl::IsCancelled(why)) << task.state_message;
  }
}

TEST(MergeSubmissionTest, EveryAnswerHasItsState) {
  const absl::Time now = absl::UnixEpoch();
  const auto after = [&](const testing::Billed& result) {
    GenerationTask task = In(TaskState::kSubmitting);
    MergeSubmission(result, now, absl::Milliseconds(1500), task);
    EXPECT_TRUE(model::CanChange(TaskState::kSubmitting, task.state));
    return task;
  };
  const GenerationTask accepted = after(testing::Accepted("id"));
  EXPECT_EQ(accepted.state, TaskState::kQueued);
  EXPECT_EQ(accepted.upstream_task_id, "id");
  EXPECT_EQ(accepted.submit_time, now);
  const GenerationTask refused = after(testing::Refused(Reason::kInputModeration, "no"));
  EXPECT_EQ(refused.state, TaskState::kFailed);
  EXPECT_EQ(refused.error.reason, Reason::kInputModeration);
  const GenerationTask again = after(testing::NotAccepted());
  EXPECT_EQ(again.state, TaskState::kPending);
  EXPECT_EQ(again.state_message, "vendor unavailable; next attempt at 1970-01-01T00:00:02Z: busy");
  EXPECT_EQ(again.error.reason, Reason::kUnspecified);
  testing::Billed limited = testing::NotAccepted();
  limited.status = testing::Failure(Reason::kRateLimited, "slower");
  EXPECT_EQ(after(limited).state_message, "rate limited by the vendor until 1970-01-01T00:00:02Z: slower");
  limited.status = testing::Failure(Reason::kQuotaExceeded, "trial over");
  EXPECT_EQ(after(limited).state_message,
            "the vendor's quota is exhausted; next attempt at 1970-01-01T00:00:02Z: trial over");
  const GenerationTask unknown = after(testing::Lost());
  EXPECT_EQ(unknown.state, TaskState::kSubmitUnknown);
  EXPECT_EQ(unknown.error.reason, Reason::kOutcomeUnknown);
}

}  // namespace
}  // namespace seedance::engine
