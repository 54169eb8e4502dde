// Several engines over one store, each with shards of its own.
#include <string>

#include "tests/unit/engine/replicas_fixture.h"

namespace seedance::testing {
namespace {

TEST_F(ReplicasTest, EachSendsAndPollsTheTasksThatItCreates) {
  for (int i = 0; i < 8; ++i) {
    const std::string id = Submitted(*one_);
    EXPECT_TRUE(one_->ownership.OwnsId(id));
  }
  EXPECT_EQ(one_->vendor.create_task.calls(), 8);
  EXPECT_TRUE(Polls(*one_, 8));
  EXPECT_EQ(two_->vendor.create_task.calls(), 0);
  EXPECT_EQ(two_->polls(), 0);
  EXPECT_EQ(store_->ListOpenTasks()->size(), 8u);
}

TEST_F(ReplicasTest, WatchersOfAnotherReplicaSeeTheChanges) {
  const std::string id = Submitted(*one_);
  const auto session = two_->Watch(id);
  ASSERT_EQ(session->Take()->state, TaskState::kQueued);
  Report(id, TaskState::kSucceeded);
  ASSERT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
  EXPECT_EQ(session->Take(), nullptr);
  two_->ownership.Tell();
  std::shared_ptr<const GenerationTask> last;
  EXPECT_TRUE(Eventually([&] { return (last = session->Take()) != nullptr; }));
  EXPECT_EQ(last->state, TaskState::kSucceeded);
  EXPECT_EQ(two_->polls(), 0);
}

TEST_F(ReplicasTest, WhatIsDeletedElsewhereIsGone) {
  const std::string id = Submitted(*one_);
  Report(id, TaskState::kSucceeded);
  ASSERT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
  const auto session = two_->engine->task_hub().Subscribe(model::GenerationTaskName(id), [] {});
  Answer<engine::Nothing> answer;
  one_->engine->tasks().Delete(Caller(), id, /*allow_missing=*/false, answer.done());
  ASSERT_TRUE(answer.Wait().ok());
  two_->ownership.Tell();
  EXPECT_TRUE(Eventually([&] { return session->gone(); }));
}

TEST_F(ReplicasTest, ACancelAtAnotherReplicaMakesRoomBeforeTheNextPoll) {
  one_.reset();
  one_ = std::make_unique<Replica>(store_->shared(), EvenShards(), clock_, random_, /*max_open=*/1);
  const std::string id = Submitted(*one_);
  ASSERT_TRUE(Polls(*one_, 1));
  const absl::StatusOr<GenerationTask> cancelled = two_->Cancel(id);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state, TaskState::kCancelled);
  EXPECT_EQ(base::GetReason(one_->Create().status()), base::Reason::kQuotaExceeded) << "it does not know yet";
  one_->ownership.Tell();
  EXPECT_TRUE(Eventually([&] { return one_->Create().ok(); }));
}

TEST_F(ReplicasTest, ATaskWhoseShardMovesAsItIsStoredIsStoredInAnotherOne) {
  one_->store.moved_begins = 2;
  const absl::StatusOr<GenerationTask> task = one_->Create();
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_TRUE(Reaches(task->id, TaskState::kQueued));
  EXPECT_EQ(one_->vendor.create_task.calls(), 1);
  EXPECT_EQ(store_->ListOpenTasks()->size(), 1u);
  // Not for ever.
  one_->store.moved_begins = 100;
  EXPECT_EQ(base::GetReason(one_->Create().status()), base::Reason::kStoreUnavailable);
  EXPECT_GT(one_->store.moved_begins, 90);
}

TEST_F(ReplicasTest, ShardsThatMoveTakeTheirTasksWithThem) {
  const std::string id = Submitted(*one_);
  ASSERT_TRUE(Polls(*one_, 1));
  one_->ownership.Lose(EvenShards());
  const int before = one_->polls();
  ASSERT_TRUE(two_->ownership.Gain(EvenShards()).ok());
  ASSERT_TRUE(Polls(*two_, 3));
  EXPECT_LE(one_->polls(), before + 1) << "one may have been under way";
  Report(id, TaskState::kSucceeded);
  EXPECT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
  EXPECT_EQ(base::GetReason(one_->Create().status()), base::Reason::kStoreUnavailable) << "it has no shard";
}

TEST_F(ReplicasTest, WhatWasOnItsWayWhenItsProcessWasLostIsInDoubtAndNeverSentAgain) {
  one_->vendor.create_task.Close();
  const absl::StatusOr<GenerationTask> task = one_->Create();
  ASSERT_TRUE(task.ok());
  ASSERT_TRUE(Eventually([&] { return one_->vendor.create_task.waiting() == 1; }));
  one_->ownership.Lose(EvenShards());
  ASSERT_TRUE(two_->ownership.Gain(EvenShards()).ok());
  EXPECT_EQ(Stored(task->id).state, TaskState::kSubmitUnknown);
  // The answer comes after all. It proves what became of the task, whoever has it.
  one_->vendor.create_task.Open();
  EXPECT_TRUE(Reaches(task->id, TaskState::kQueued));
  EXPECT_FALSE(Stored(task->id).upstream_task_id.empty());
  EXPECT_EQ(Stored(task->id).error.reason, base::Reason::kUnspecified);
  Report(task->id, TaskState::kQueued);
  two_->ownership.Tell();
  EXPECT_TRUE(Polls(*two_, 1));
  EXPECT_EQ(one_->vendor.create_task.calls() + two_->vendor.create_task.calls(), 1);
}

TEST_F(ReplicasTest, WhatThisProcessSendsItselfIsNotInDoubtWhenItsShardComesBack) {
  one_->vendor.create_task.Close();
  const absl::StatusOr<GenerationTask> task = one_->Create();
  ASSERT_TRUE(task.ok());
  ASSERT_TRUE(Eventually([&] { return one_->vendor.create_task.waiting() == 1; }));
  one_->ownership.Lose(EvenShards());
  ASSERT_TRUE(one_->ownership.Gain(EvenShards()).ok());
  EXPECT_EQ(Stored(task->id).state, TaskState::kSubmitting);
  one_->vendor.create_task.Open();
  EXPECT_TRUE(Reaches(task->id, TaskState::kQueued));
  Report(task->id, TaskState::kQueued);
  EXPECT_TRUE(Polls(*one_, 1)) << "it is followed";
}

TEST_F(ReplicasTest, NobodySendsWhatItsCreatorMayDisown) {
  // Stored by another process, in a shard that is one's: it was created while the shard was on its way.
  std::string id;
  for (int i = 0; id.empty() || !one_->ownership.OwnsId(id); ++i) id = absl::StrCat("task-", i);
  GenerationTask task;
  task.id = id;
  task.tenant = kTenant;
  task.state = TaskState::kPending;
  task.request.upstream = "fake";
  task.create_time = task.update_time = clock_.Now();
  task.deadline_time = clock_.Now() + absl::Hours(1);
  model::JournalEntry call;
  call.key = {kTenant, "CreateGenerationTask", id};
  call.resource_name = task.name();
  ASSERT_TRUE(store_->BeginEntry(call, &task).ok());
  one_->ownership.Tell();
  (void)Submitted(*one_);
  ASSERT_TRUE(Polls(*one_, 2));
  EXPECT_EQ(one_->vendor.create_task.calls(), 1);
  EXPECT_EQ(Stored(id).state, TaskState::kPending);
}

TEST_F(ReplicasTest, WithoutALeaseNothingIsSentOrPolledUntilItIsBack) {
  const std::string id = Submitted(*one_);
  ASSERT_TRUE(Polls(*one_, 1));
  one_->ownership.SetLive(false);
  EXPECT_EQ(base::GetReason(one_->Create().status()), base::Reason::kStoreUnavailable);
  const int before = one_->polls();
  const std::string other = Submitted(*two_);
  ASSERT_TRUE(Polls(*two_, 5));
  EXPECT_LE(one_->polls(), before + 1) << "one may have been under way";
  one_->ownership.SetLive(true);
  EXPECT_TRUE(Polls(*one_, 2));
}

TEST_F(ReplicasTest, AssetsAreFollowedByTheOwnerOfTheirShard) {
  model::Asset asset;
  asset.tenant = kTenant;
  asset.state = model::AssetState::kProcessing;
  asset.create_time = asset.update_time = clock_.Now();
  for (int i = 0; i < 10; ++i) {
    asset.handle = {"fake", absl::StrCat("a", i)};
    ASSERT_TRUE(store_->PutAsset(asset).ok());
  }
  one_->ownership.Tell();
  two_->ownership.Tell();
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return one_->vendor.get_asset.calls() > 0 && two_->vendor.get_asset.calls() > 0;
  }));
}

}  // namespace
}  // namespace seedance::testing
