#include "service/engine/tasks/task_launch.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/engine/engine_fixture.h"

// How a new task comes to its vendor, through a whole engine.
namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;
using model::GenerationTask;
using model::TaskState;

class TaskLaunchTest : public EngineTest {
 protected:
  // The state in which the store has the task while its request is at the vendor.
  TaskState AtVendor(const std::string& id) {
    EXPECT_TRUE(Eventually([&] { return vendor_.create_task.waiting() == 1; }));
    return store_->GetTask(id)->state;
  }
};

TEST_F(TaskLaunchTest, ATaskThatWaitsForNothingIsStoredAsItIsSentAndWrittenOnceAfter) {
  Start();
  vendor_.create_task.Close();
  const absl::StatusOr<GenerationTask> task = CreateTask(GoodTask());
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state, TaskState::kSubmitting);
  EXPECT_EQ(AtVendor(task->id), TaskState::kSubmitting) << "durable before it leaves";
  EXPECT_EQ(store_->updates, 0);
  vendor_.create_task.Open();
  ASSERT_TRUE(Reaches(task->id, TaskState::kQueued));
  EXPECT_EQ(store_->updates, 1);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskLaunchTest, SoIsOneWhoseAssetsAreActive) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request.references.emplace_back().asset = StoredAsset("a");
  vendor_.create_task.Close();
  const absl::StatusOr<GenerationTask> task = CreateTask(params);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state, TaskState::kSubmitting);
  vendor_.create_task.Open();
  ASSERT_TRUE(Reaches(task->id, TaskState::kQueued));
  EXPECT_EQ(store_->updates, 1);
  ASSERT_EQ(vendor_.sent_tasks().size(), 1u);
  EXPECT_EQ(vendor_.sent_tasks()[0].references.size(), 1u);
}

TEST_F(TaskLaunchTest, OneThatWaitsForAnAssetIsStoredAndNotSent) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request.wait_for_assets = true;
  params.request.references.emplace_back().asset = StoredAsset("a", AssetState::kProcessing);
  const absl::StatusOr<GenerationTask> task = CreateTask(params);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state, TaskState::kPending);
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TaskLaunchTest, BehindOthersItIsStoredPendingAndItsCallerWaitsForNobody) {
  threads_ = 1;
  Start();
  vendor_.create_task.Close();
  const std::string first = CreateTask(GoodTask())->id;
  EXPECT_EQ(AtVendor(first), TaskState::kSubmitting);
  const absl::StatusOr<GenerationTask> second = CreateTask(GoodTask());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->state, TaskState::kPending);
  vendor_.create_task.Open();
  EXPECT_TRUE(Reaches(first, TaskState::kQueued));
  EXPECT_TRUE(Reaches(second->id, TaskState::kQueued));
}

TEST_F(TaskLaunchTest, NorForTheThreadsOfOtherCalls) {
  threads_ = 1;
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.create_asset.Close();
  Answer<model::Asset> asset;
  engine_->assets().Create(Caller(), GoodAsset(group, "hero"), asset.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  const absl::StatusOr<GenerationTask> task = CreateTask(GoodTask());
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state, TaskState::kPending);
  vendor_.create_asset.Open();
  EXPECT_TRUE(Reaches(task->id, TaskState::kQueued));
  EXPECT_TRUE(asset.Wait().ok());
}

TEST_F(TaskLaunchTest, WhatCannotBeStoredIsNotSentAndGivesItsTurnAndPlaceBack) {
  threads_ = 1;
  engine::Engine::Options options;
  options.tasks.max_open_per_tenant = 1;
  Start(options);
  for (int i = 0; i < 3; ++i) {
    store_->failing_begins = 1;
    EXPECT_EQ(ReasonOf(CreateTask(GoodTask()).status()), Reason::kStoreUnavailable);
  }
  EXPECT_EQ(vendor_.create_task.calls(), 0);
  const absl::StatusOr<GenerationTask> task = CreateTask(GoodTask());
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_TRUE(Reaches(task->id, TaskState::kQueued));
  EXPECT_EQ(ReasonOf(CreateTask(GoodTask()).status()), Reason::kQuotaExceeded);
}

TEST_F(TaskLaunchTest, ATaskWhoseCallerWasRefusedIsNeverSentThoughTheStoreHasIt) {
  engine::Engine::Options options;
  options.tasks.max_open_per_tenant = 2;
  Start(options);
  engine::CreateTaskParams waiting = GoodTask();
  model::Reference reference;
  reference.asset = StoredAsset("a", AssetState::kProcessing);
  waiting.request.references = {reference};
  waiting.request.wait_for_assets = true;
  // One that would be sent at once, and one that would wait.
  for (engine::CreateTaskParams params : {GoodTask(), waiting}) {
    params.request_id = params.request.references.empty() ? kRequestId : "0190f5fe-7c00-7a00-8000-000000000077";
    store_->unsure_begins = 1;
    store_->failing_reads = 1;
    store_->failing_updates = 2;
    EXPECT_EQ(ReasonOf(CreateTask(params).status()), Reason::kStoreUnavailable);
    ASSERT_TRUE(Eventually([&] {
      clock_.Advance(absl::Seconds(1));
      return store_->ListOpenTasks()->empty();
    }));
  }
  EXPECT_EQ(vendor_.create_task.calls(), 0);
  const auto ended = store_->ListTasks({kTenant, {TaskState::kFailed}, {}}, {}, 10);
  ASSERT_EQ(ended->items.size(), 2u);
  for (const GenerationTask& task : ended->items) EXPECT_EQ(task.error.reason, Reason::kStoreUnavailable);
  // Their request ids stand for nothing, and they hold no place: the same requests make tasks of their own, once.
  for (engine::CreateTaskParams params : {GoodTask(), waiting}) {
    params.request_id = params.request.references.empty() ? kRequestId : "0190f5fe-7c00-7a00-8000-000000000077";
    absl::StatusOr<GenerationTask> again;
    ASSERT_TRUE(Eventually([&] { return (again = CreateTask(params)).ok(); })) << again.status();
    EXPECT_NE(again->state, TaskState::kFailed);
    EXPECT_EQ(CreateTask(params)->id, again->id);
    params.request.prompt = "another";
    EXPECT_EQ(ReasonOf(CreateTask(params).status()), Reason::kRequestIdReused);
  }
  EXPECT_TRUE(Called(vendor_.create_task, 1));
  EXPECT_EQ(ReasonOf(CreateTask(GoodTask()).status()), Reason::kQuotaExceeded);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskLaunchTest, NothingIsSentOnceSubmissionsHaveStopped) {
  threads_ = 1;  // FinishSteps tells the end of a step then.
  Start();
  engine_->StopSubmitting();
  const absl::StatusOr<GenerationTask> task = CreateTask(GoodTask());
  ASSERT_TRUE(task.ok()) << task.status();
  clock_.Advance(absl::Minutes(1));
  FinishSteps();
  EXPECT_EQ(store_->GetTask(task->id)->state, TaskState::kPending);
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TaskLaunchTest, OneRequestIdIsOneBillHoweverManyAskAtOnce) {
  constexpr int kCallers = 20;
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  std::vector<std::string> ids(kCallers);
  std::atomic<bool> go{false};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      go.wait(false);
      const absl::StatusOr<GenerationTask> task = CreateTask(params);
      EXPECT_TRUE(task.ok()) << task.status();
      if (task.ok()) ids[static_cast<size_t>(i)] = task->id;
    });
  }
  go = true;
  go.notify_all();
  for (std::thread& caller : callers) caller.join();
  for (const std::string& id : ids) EXPECT_EQ(id, ids[0]);
  ASSERT_TRUE(Reaches(ids[0], TaskState::kQueued));
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskLaunchTest, WhatTheVendorDidNotAcceptIsTriedAgainByTheTracker) {
  Start();
  vendor_.create_task.Answer(NotAccepted(absl::Seconds(5)));
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  ASSERT_TRUE(Reaches(id, TaskState::kPending));
  EXPECT_TRUE(Reaches(id, TaskState::kQueued, absl::Seconds(1)));
  EXPECT_EQ(vendor_.create_task.calls(), 2);
}

}  // namespace
}  // namespace seedance::testing
