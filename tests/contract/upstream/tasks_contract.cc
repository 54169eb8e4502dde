// Tasks: their life, their ends, and looking them up, taking them back and what they were billed.
#include "tests/contract/upstream/upstream_contract.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::TaskState;
using upstream::TaskReport;

std::string StateOf(const absl::StatusOr<TaskReport>& report) {
  return report.ok() ? std::string(model::TaskStateName(report->state)) : report.status().ToString();
}
std::string StateOf(TaskState state) { return std::string(model::TaskStateName(state)); }

TEST_P(UpstreamContract, TaskIsQueuedRunsAndSucceedsWithALink) {
  const std::string id = NewTask("a fox");
  EXPECT_EQ(StateOf(tasks().GetTask({}, id)), StateOf(TaskState::kQueued));
  Advance(kTaskTime / 2);
  const auto running = tasks().GetTask({}, id);
  EXPECT_EQ(StateOf(running), StateOf(TaskState::kRunning));
  EXPECT_EQ(running->result.video_uri, "");
  Advance(kTaskTime);
  const auto done = tasks().GetTask({}, id);
  ASSERT_EQ(StateOf(done), StateOf(TaskState::kSucceeded));
  EXPECT_THAT(done->result.video_uri, ::testing::StartsWith("http"));
  EXPECT_EQ(done->error.reason, Reason::kUnspecified);
  EXPECT_FALSE(done->result_missing);
  ASSERT_TRUE(done->end_time.has_value());
  EXPECT_GT(done->result.expire_time, *done->end_time);
}

TEST_P(UpstreamContract, EachEndOfATaskHasItsReason) {
  const struct {
    const char* prompt;
    TaskState state;
    Reason reason;
  } rows[] = {
      {"[moderation] x", TaskState::kFailed, Reason::kOutputModeration},
      {"[face] x", TaskState::kFailed, Reason::kInputModeration},
      {"[fail] x", TaskState::kFailed, Reason::kUpstreamFailed},
      {"[legacy] x", TaskState::kSucceeded, Reason::kUnspecified},
      {"[unknown] x", TaskState::kSucceeded, Reason::kUnspecified},
      {"[stuck] x", TaskState::kRunning, Reason::kUnspecified},
  };
  for (const auto& row : rows) {
    const std::string id = NewTask(row.prompt);
    Advance(kTaskTime * 2);
    const auto report = tasks().GetTask({}, id);
    ASSERT_EQ(StateOf(report), StateOf(row.state)) << row.prompt;
    EXPECT_EQ(NameOf(report->error.reason), NameOf(row.reason)) << row.prompt;
    EXPECT_EQ(report->error.message.empty(), row.state != TaskState::kFailed) << row.prompt;
    EXPECT_EQ(report->result.video_uri.empty(), row.state != TaskState::kSucceeded) << row.prompt;
  }
}

TEST_P(UpstreamContract, WordThatNobodyKnowsCountsAsRunning) {
  const std::string id = NewTask("[unknown] x");
  Advance(kTaskTime / 2);
  EXPECT_EQ(StateOf(tasks().GetTask({}, id)), StateOf(TaskState::kRunning));
}

TEST_P(UpstreamContract, SuccessWithoutALinkIsStillRunning) {
  const std::string id = NewTask("[nourl] x");
  Advance(kTaskTime * 2);
  const auto report = tasks().GetTask({}, id);
  ASSERT_EQ(StateOf(report), StateOf(TaskState::kRunning));
  EXPECT_TRUE(report->result_missing);
}

TEST_P(UpstreamContract, TaskThatTheVendorDoesNotKnowIsNotFound) {
  const std::string forgotten = NewTask("[forget] x");
  Advance(kTaskTime);
  for (const std::string& id : {std::string("no-such-task"), forgotten}) {
    const absl::Status status = tasks().GetTask({}, id).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_EQ(ReasonOf(status), NameOf(Reason::kResourceNotFound)) << status;
  }
}

TEST_P(UpstreamContract, AssetsMayBeReferencesOfATask) {
  const std::string asset = MakeAsset();
  Advance(kAssetTime * 2);
  model::TaskRequest task = TaskOf("the hero walks");
  // A model that takes assets.
  for (const model::ModelProfile& each : account().profile().models) {
    if (each.asset_references) task.model = each.name;
    if (!task.model.empty()) break;
  }
  model::Reference reference;
  reference.asset = {"account", asset};
  reference.role = model::ReferenceRole::kReferenceImage;
  task.references = {reference};
  const auto created = tasks().CreateTask({}, task);
  EXPECT_EQ(created.acceptance, upstream::Acceptance::kAccepted) << created.status;
}

TEST_P(TaskListContract, TaskIsFoundByWhatItWasAskedFor) {
  const std::string id = NewTask("a fox in the snow");
  NewTask("a bear");
  const absl::Time now = VendorNow();
  const upstream::TaskSearch search = {TaskOf("a fox in the snow"), now - absl::Minutes(1), now + absl::Minutes(1)};
  const auto found = task_list().FindTasks({}, search);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().id, id);
  EXPECT_TRUE(found->front().same_prompt);
  EXPECT_EQ(StateOf(found->front().state), StateOf(TaskState::kQueued));
  ASSERT_TRUE(found->front().create_time.has_value());
  EXPECT_LE(absl::AbsDuration(*found->front().create_time - now), absl::Minutes(1));
}

TEST_P(TaskListContract, NothingIsFoundThatWasAskedForAnotherTimeOrDiffers) {
  NewTask("a fox");
  const absl::Time now = VendorNow();
  for (const upstream::TaskSearch& search :
       {upstream::TaskSearch{TaskOf("a fox"), now - absl::Hours(3), now - absl::Hours(2)},
        upstream::TaskSearch{TaskOf("a wolf"), now - absl::Minutes(1), now + absl::Minutes(1)}}) {
    const auto found = task_list().FindTasks({}, search);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_TRUE(found->empty());
  }
}

TEST_P(TaskListContract, TaskWhoseAnswerWasLostIsFound) {
  Break({.kind = "drop_reply"});
  ASSERT_EQ(tasks().CreateTask({}, TaskOf("a lost fox")).acceptance, upstream::Acceptance::kUnknown);
  Mend();
  const absl::Time now = VendorNow();
  const auto found = task_list().FindTasks({}, {TaskOf("a lost fox"), now - absl::Minutes(1), now + absl::Minutes(1)});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().id, Must(sandbox().Tasks()).front().id);
}

TEST_P(CancelContract, TaskThatHasNotBegunIsTakenBack) {
  const std::string id = NewTask("a fox");
  const absl::Status cancelled = cancels().CancelTask({}, id);
  EXPECT_TRUE(cancelled.ok()) << cancelled;
  const auto report = tasks().GetTask({}, id);
  ASSERT_EQ(StateOf(report), StateOf(TaskState::kCancelled));
  EXPECT_EQ(NameOf(report->error.reason), NameOf(Reason::kCancelled));
  EXPECT_EQ(Must(sandbox().Ledger()).refunds.size(), 1u);
}

TEST_P(CancelContract, VendorsNoIsToldApartFromADoubt) {
  const std::string id = NewTask("a fox");
  Advance(kTaskTime / 2);
  const absl::Status refused = cancels().CancelTask({}, id);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), NameOf(Reason::kCancelUnsupported)) << refused;
  Break({.kind = "drop_reply"});
  EXPECT_EQ(ReasonOf(cancels().CancelTask({}, id)), NameOf(Reason::kUpstreamUnavailable));
}

TEST_P(UsageLogContract, WhatWasBilledAndGivenBackIsShownNewestFirst) {
  const std::string kept = NewTask("a fox");
  Advance(absl::Seconds(1));
  const std::string failed = NewTask("[fail] x");
  Advance(kTaskTime * 2);
  (void)tasks().GetTask({}, failed);
  const auto log = usage_log().ReadUsage({});
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_LT(log->reaches_back_to, absl::InfiniteFuture());
  EXPECT_NE(log->key_id, "");
  EXPECT_EQ(log->key_id, usage_log().key_id());
  int64_t billed = 0;
  int64_t refunded = 0;
  std::vector<std::string> consumed;
  absl::Time last = absl::InfiniteFuture();
  for (const upstream::UsageRow& row : log->rows) {
    EXPECT_LE(row.time, last);
    last = row.time;
    if (row.kind == upstream::UsageRow::Kind::kConsumption) {
      EXPECT_TRUE(row.is_task);
      consumed.push_back(row.task_id);
      billed += row.quota;
    } else if (row.kind == upstream::UsageRow::Kind::kRefund) {
      EXPECT_EQ(row.task_id, failed);
      refunded += row.quota;
    }
  }
  EXPECT_THAT(consumed, ::testing::ElementsAre(failed, kept));
  EXPECT_GT(refunded, 0);
  EXPECT_EQ(billed, refunded * 2);
}

INSTANTIATE_TEST_SUITE_P(Dialects, TaskListContract, ::testing::ValuesIn(DialectsWith(Capability::kTaskList)),
                         DialectName);
INSTANTIATE_TEST_SUITE_P(Dialects, CancelContract, ::testing::ValuesIn(DialectsWith(Capability::kCancel)), DialectName);
INSTANTIATE_TEST_SUITE_P(Dialects, UsageLogContract, ::testing::ValuesIn(DialectsWith(Capability::kUsageLog)),
                         DialectName);

}  // namespace
}  // namespace seedance::testing
