#include "service/engine/tasks/task_writer.h"

#include <memory>

#include "service/base/error.h"
#include "tests/unit/engine/tasks/tracker_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using engine::IsIn;
using model::GenerationTask;
using model::TaskState;

class TaskWriterTest : public TrackerTest {
 protected:
  // Of a task that rests at the vendor.
  TaskWriterTest() {
    Start();
    id_ = SubmittedTask();
  }

  static void Say(GenerationTask& task) { task.state_message = "changed"; }

  std::string id_;
};

TEST_F(TaskWriterTest, AChangeIsWrittenAndPublishedOnlyWhileItsConditionHolds) {
  const auto session = hub_->Subscribe(Stored(id_).name(), [] {});
  const int64_t revision = Stored(id_).revision;
  EXPECT_TRUE(absl::IsAborted(writer_->WriteIf(id_, IsIn(TaskState::kPending), Say).status()));
  EXPECT_EQ(Stored(id_).revision, revision);
  EXPECT_EQ(session->Take(), nullptr);
  const absl::StatusOr<GenerationTask> written = writer_->WriteIf(id_, engine::IsAtVendor, Say);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->state_message, "changed");
  EXPECT_EQ(written->revision, Stored(id_).revision);
  EXPECT_EQ(session->Take()->revision, written->revision);
}

TEST_F(TaskWriterTest, AChangeThatBreaksTheTableOfStatesIsNotWritten) {
  const int64_t revision = Stored(id_).revision;
  const auto back = [](GenerationTask& task) { task.state = TaskState::kPending; };
  EXPECT_EQ(base::GetReason(writer_->WriteIf(id_, IsIn(TaskState::kQueued), back).status()), Reason::kInternal);
  EXPECT_EQ(Stored(id_).revision, revision);
}

TEST_F(TaskWriterTest, AnEndHasATimeAndIsNoLongerPolled) {
  const auto end = [](GenerationTask& task) { task.state = TaskState::kLost; };
  ASSERT_TRUE(writer_->WriteIf(id_, engine::HasNotEnded, end).ok());
  EXPECT_EQ(Stored(id_).end_time, clock_.Now());
  EXPECT_EQ(table_->CountSubmitted("fake"), 0);
  EXPECT_TRUE(absl::IsAborted(writer_->WriteIf(id_, engine::HasNotEnded, end).status()));
}

TEST_F(TaskWriterTest, WhatIsWrittenSurelyIsGivenUpOnlyWhenItsTokenIsCancelled) {
  const auto until = std::make_shared<base::CancelToken>();
  until->Cancel();
  store_->failing_updates = 1;
  const int before = store_->updates;
  EXPECT_EQ(base::GetReason(writer_->WriteSurely(id_, engine::IsAtVendor, Say, until).status()),
            Reason::kStoreUnavailable);
  EXPECT_EQ(store_->updates, before + 1);
  EXPECT_TRUE(writer_->WriteSurely(id_, engine::IsAtVendor, Say, until).ok()) << "the store works again";
}

TEST_F(TaskWriterTest, OnlyAnExpiredTaskComesBackAndIsFollowedAgain) {
  const auto queue = [](GenerationTask& task) {
    task.state = TaskState::kQueued;
    return absl::OkStatus();
  };
  EXPECT_FALSE(writer_->Reopen(id_, queue).ok()) << "it has not ended";
  ASSERT_EQ(vendor_.get_task.calls(), 0);
  ASSERT_TRUE(
      writer_->WriteIf(id_, engine::HasNotEnded, [](GenerationTask& task) { task.state = TaskState::kExpired; }).ok());
  EXPECT_EQ(base::GetReason(writer_->Write(id_, queue).status()), Reason::kInternal);
  ASSERT_TRUE(writer_->Reopen(id_, queue).ok());
  EXPECT_EQ(table_->CountSubmitted("fake"), 1);
  Settle();
  EXPECT_EQ(vendor_.get_task.calls(), 1);
}

}  // namespace
}  // namespace seedance::testing
