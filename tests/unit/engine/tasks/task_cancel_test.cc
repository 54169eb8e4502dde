#include "service/engine/tasks/task_cancel.h"

#include <thread>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::GenerationTask;
using model::TaskState;

class TaskCancelTest : public EngineTest {
 protected:
  TaskCancelTest() { vendor_.profile().cancels_tasks = true; }

  std::string VendorId(const std::string& id) { return store_->GetTask(id)->upstream_task_id; }
  void VendorSays(const std::string& id, TaskState state) {
    upstream::TaskReport report;
    report.state = state;
    if (state == TaskState::kSucceeded) report.result.video_uri = "https://vendor.example/v.mp4";
    vendor_.SetTask(VendorId(id), report);
  }
  absl::StatusOr<GenerationTask> Detach(const std::string& id) { return CancelTask(id, kTenant, true); }
};

TEST_F(TaskCancelTest, AQueuedTaskIsTakenBackByTheVendor) {
  Start();
  const std::string id = SubmittedTask();
  const absl::StatusOr<GenerationTask> cancelled = CancelTask(id);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state, TaskState::kCancelled);
  EXPECT_FALSE(cancelled->detached);
  EXPECT_EQ(CancelTask(id)->state, TaskState::kCancelled);
  EXPECT_EQ(vendor_.cancel_task.calls(), 1);
}

TEST_F(TaskCancelTest, AFreshPollProtectsWhatHasEndedAtTheVendor) {
  Start();
  const std::string id = SubmittedTask();
  VendorSays(id, TaskState::kSucceeded);
  EXPECT_EQ(ReasonOf(CancelTask(id)), Reason::kTaskAlreadyEnded);
  EXPECT_EQ(store_->GetTask(id)->result.video_uri, "https://vendor.example/v.mp4");
  EXPECT_EQ(vendor_.cancel_task.calls(), 0);
  const std::string other = SubmittedTask();
  VendorSays(other, TaskState::kCancelled);
  EXPECT_EQ(CancelTask(other)->state, TaskState::kCancelled);
  EXPECT_EQ(vendor_.cancel_task.calls(), 0);
}

TEST_F(TaskCancelTest, WhatTheVendorHasBegunGoesOnAndIsDetachedOnRequest) {
  Start();
  const std::string id = SubmittedTask();
  VendorSays(id, TaskState::kRunning);
  EXPECT_EQ(ReasonOf(CancelTask(id)), Reason::kCancelUnsupported);
  const absl::StatusOr<GenerationTask> detached = Detach(id);
  ASSERT_TRUE(detached.ok()) << detached.status();
  EXPECT_TRUE(detached->detached);
  EXPECT_EQ(CancelTask(id)->detached, true) << "as it is, also without the flag";
  EXPECT_EQ(vendor_.cancel_task.calls(), 0);
  VendorSays(id, TaskState::kSucceeded);
  EXPECT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(10))) << "its result may still be had";
  EXPECT_TRUE(store_->GetTask(id)->detached);
}

TEST_F(TaskCancelTest, AVendorThatRefusesIsNotAskedTwice) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.cancel_task.Answer(Failure(Reason::kCancelUnsupported, "has begun"));
  EXPECT_EQ(ReasonOf(CancelTask(id)), Reason::kCancelUnsupported);
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kQueued);
  vendor_.cancel_task.Answer(Failure(Reason::kCancelUnsupported, "has begun"));
  EXPECT_TRUE(Detach(id)->detached);
}

TEST_F(TaskCancelTest, ALostAnswerIsUnavailableAndTheTaskIsFollowed) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.cancel_task.Answer(Failure(Reason::kUpstreamUnavailable, "cut"));
  const absl::Status lost = CancelTask(id).status();
  EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(lost), Reason::kUpstreamUnavailable);
  EXPECT_TRUE(base::GetErrorDetail(lost).retry_delay.has_value());
  // The vendor had done it.
  VendorSays(id, TaskState::kCancelled);
  EXPECT_TRUE(Reaches(id, TaskState::kCancelled, absl::Seconds(10)));
  EXPECT_EQ(CancelTask(id)->state, TaskState::kCancelled);
  const std::string other = SubmittedTask();
  vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "cut"));
  EXPECT_EQ(ReasonOf(CancelTask(other)), Reason::kUpstreamUnavailable);
}

TEST_F(TaskCancelTest, ARefusalBehindALostAnswerIsNoVerdict) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.cancel_task.Answer(Failure(Reason::kUpstreamUnavailable, "cut"));
  EXPECT_EQ(ReasonOf(CancelTask(id)), Reason::kUpstreamUnavailable);
  // The vendor has done it, still shows the task as queued, and takes back only what is pending.
  vendor_.cancel_task.Answer(Failure(Reason::kCancelUnsupported, "only pending tasks can be cancelled"));
  const absl::Status unclear = CancelTask(id).status();
  EXPECT_EQ(unclear.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(unclear), Reason::kUpstreamUnavailable);
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kQueued);
  VendorSays(id, TaskState::kCancelled);
  EXPECT_EQ(CancelTask(id)->state, TaskState::kCancelled);
  EXPECT_EQ(vendor_.cancel_task.calls(), 2);
}

TEST_F(TaskCancelTest, ARefusalBehindALostAnswerIsBelievedOnceTheVendorHasBegun) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.cancel_task.Answer(Failure(Reason::kUpstreamUnavailable, "cut"));
  EXPECT_EQ(ReasonOf(CancelTask(id)), Reason::kUpstreamUnavailable);
  upstream::TaskReport running;
  running.state = TaskState::kRunning;
  vendor_.cancel_task.Answer(Failure(Reason::kCancelUnsupported, "only pending tasks can be cancelled"));
  vendor_.cancel_task.Close();
  Answer<GenerationTask> answer;
  engine_->tasks().Cancel(Caller(), id, false, answer.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.cancel_task.waiting() == 1; }));
  VendorSays(id, TaskState::kRunning);
  vendor_.cancel_task.Open();
  EXPECT_EQ(ReasonOf(answer.Wait()), Reason::kCancelUnsupported);
}

TEST_F(TaskCancelTest, ACancelThatRacesWithTheEndHasOneHistory) {
  Start();
  for (int round = 0; round < 20; ++round) {
    const std::string id = SubmittedTask();
    vendor_.cancel_task.Close();
    absl::StatusOr<GenerationTask> answer;
    std::thread caller([&] { answer = CancelTask(id); });
    ASSERT_TRUE(Eventually([&] { return vendor_.cancel_task.waiting() == 1; }));
    // The tracker may see the end first, or the vendor may take the task back first.
    VendorSays(id, TaskState::kSucceeded);
    if (round % 2 == 0) {
      ASSERT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(10)));
      vendor_.cancel_task.Answer(absl::OkStatus());
    }
    vendor_.cancel_task.Open();
    caller.join();
    ASSERT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(10)));
    const Reason reason = ReasonOf(answer);
    EXPECT_TRUE(reason == Reason::kTaskAlreadyEnded || (round % 2 == 1 && reason == Reason::kCancelUnsupported));
  }
}

TEST_F(TaskCancelTest, AReportThatWasOnItsWayDoesNotUndoTheCancel) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.get_task.Close();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Eventually([&] { return vendor_.get_task.waiting() == 1; }));
  Answer<GenerationTask> cancelled;
  engine_->tasks().Cancel(Caller(), id, false, cancelled.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.get_task.waiting() == 2; }));
  // News for the tracker, whichever of the two gets which.
  upstream::TaskReport queued;
  queued.state = TaskState::kQueued;
  queued.progress_percent = 10;
  vendor_.get_task.Answer(queued);
  vendor_.get_task.Answer(queued);
  vendor_.get_task.Open();
  EXPECT_EQ(cancelled.Wait()->state, TaskState::kCancelled);
  clock_.Advance(absl::Minutes(1));
  HandOutDue();
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kCancelled);
}

TEST_F(TaskCancelTest, WithoutAVendorThatCancelsOnlyDetachIsLeft) {
  vendor_.profile().cancels_tasks = false;
  Start();
  const std::string id = SubmittedTask();
  const int polls = vendor_.get_task.calls();
  const absl::Status refused = CancelTask(id).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), Reason::kCancelUnsupported);
  EXPECT_TRUE(Detach(id)->detached);
  EXPECT_EQ(vendor_.get_task.calls(), polls);
  EXPECT_EQ(vendor_.cancel_task.calls(), 0);
}

TEST_F(TaskCancelTest, ATaskInDoubtCanOnlyBeDetached) {
  Start();
  vendor_.create_task.Answer(Lost());
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(id, TaskState::kSubmitUnknown));
  EXPECT_EQ(ReasonOf(CancelTask(id)), Reason::kCancelUnsupported);
  EXPECT_EQ(Detach(id)->state, TaskState::kSubmitUnknown);
  EXPECT_EQ(vendor_.cancel_task.calls(), 0);
}

TEST_F(TaskCancelTest, ATaskCancelledBetweenTriesIsNeverSentAgain) {
  Start();
  vendor_.create_task.Answer(NotAccepted(absl::Seconds(30)));
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Eventually([&] { return !store_->GetTask(id)->state_message.empty(); }));
  EXPECT_EQ(CancelTask(id)->state, TaskState::kCancelled);
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskCancelTest, ATaskCancelledWhileItWaitsForAssetsIsNeverSent) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a", model::AssetState::kProcessing);
  engine::CreateTaskParams params = GoodTask();
  model::Reference reference;
  reference.asset = asset;
  params.request.references = {reference};
  params.request.wait_for_assets = true;
  const std::string id = CreateTask(params)->id;
  EXPECT_EQ(CancelTask(id)->state, TaskState::kCancelled);
  ASSERT_TRUE(store_
                  ->UpdateAsset(asset,
                                [](model::Asset& edited) {
                                  edited.state = model::AssetState::kActive;
                                  return absl::OkStatus();
                                })
                  .ok());
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TaskCancelTest, CancelAndSubmitAtOnceAreEitherSentOrCancelled) {
  Start();
  for (int round = 0; round < 30; ++round) {
    const int sent = vendor_.create_task.calls();
    const std::string id = CreateTask(GoodTask())->id;
    const absl::StatusOr<GenerationTask> answer = CancelTask(id);
    ASSERT_TRUE(Eventually([&] {
      const TaskState state = store_->GetTask(id)->state;
      return state == TaskState::kCancelled || state == TaskState::kQueued;
    }));
    const GenerationTask task = *store_->GetTask(id);
    // Taken back before it was sent, or by the vendor after it was.
    if (task.state == TaskState::kCancelled && task.upstream_task_id.empty()) {
      EXPECT_EQ(vendor_.create_task.calls(), sent);
    } else {
      EXPECT_EQ(vendor_.create_task.calls(), sent + 1);
    }
    EXPECT_EQ(answer.ok(), task.state == TaskState::kCancelled) << answer.status();
  }
}

}  // namespace
}  // namespace seedance::testing
