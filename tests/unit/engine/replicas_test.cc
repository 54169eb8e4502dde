// Several engines over one store, each with shards of its own.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/fake_ownership.h"

namespace seedance::testing {
namespace {

using model::GenerationTask;
using model::TaskState;
using store::ShardSet;

ShardSet EvenShards() {
  ShardSet even;
  for (size_t i = 0; i < store::kShards; i += 2) even.set(i);
  return even;
}

// One process: its engine, its shards, and its connections to the vendor, whose calls are counted apart.
struct Replica {
  Replica(const std::shared_ptr<store::Store>& shared, const ShardSet& shards, base::Clock& clock, base::Random& random,
          int64_t max_open = 1000)
      : store(shared), ownership(shards) {
    store.shards = &ownership;
    vendor.profile().cancels_tasks = true;
    std::vector<engine::VendorAccounts::Config> configs(1);
    configs[0].upstream = vendor.MakeUpstream();
    configs[0].max_submits = configs[0].max_polls = configs[0].max_transfers = 2;
    engine::Engine::Options options;
    options.tasks.max_open_per_tenant = max_open;
    engine = std::make_unique<engine::Engine>(options, store, std::move(configs), clock, random);
    EXPECT_TRUE(engine->Start().ok());
  }
  ~Replica() { engine->Stop(absl::ZeroDuration()); }

  absl::StatusOr<GenerationTask> Create() {
    engine::CreateTaskParams params;
    params.request.upstream = "fake";
    params.request.prompt = "a cat walks";
    Answer<GenerationTask> answer;
    engine->tasks().Create(Caller(), params, answer.done());
    return answer.Wait();
  }
  absl::StatusOr<GenerationTask> Cancel(const std::string& id) {
    Answer<GenerationTask> answer;
    engine->tasks().Cancel(Caller(), id, /*detach=*/false, answer.done());
    return answer.Wait();
  }
  std::shared_ptr<engine::WatchSession<GenerationTask>> Watch(const std::string& id) {
    Answer<engine::WatchStart<GenerationTask>> answer;
    engine->tasks().Watch(
        Caller(), id, "", [] {}, answer.done());
    return answer.Wait()->session;
  }
  int polls() { return vendor.get_task.calls(); }

  FakeVendor vendor{"fake"};
  FlakyStore store;
  FakeOwnership ownership;
  std::unique_ptr<engine::Engine> engine;
};

class ReplicasTest : public ::testing::Test {
 protected:
  ReplicasTest() : store_(OpenStore(dir_.File("store.db"))) {
    base::SetLogLevel(base::LogLevel::kError);
    one_ = std::make_unique<Replica>(store_->shared(), EvenShards(), clock_, random_);
    two_ = std::make_unique<Replica>(store_->shared(), ~EvenShards(), clock_, random_);
  }

  GenerationTask Stored(const std::string& id) { return *store_->GetTask(id); }
  bool Reaches(const std::string& id, TaskState state, absl::Duration step = absl::ZeroDuration()) {
    return Eventually([&] {
      clock_.Advance(step);
      return Stored(id).state == state;
    });
  }
  // A task of `replica` that the vendor has. Both replicas reach the same vendor.
  std::string Submitted(Replica& replica) {
    const absl::StatusOr<GenerationTask> task = replica.Create();
    EXPECT_TRUE(task.ok()) << task.status();
    EXPECT_TRUE(Reaches(task->id, TaskState::kQueued));
    Report(task->id, TaskState::kQueued);
    return task->id;
  }
  void Report(const std::string& id, TaskState state) {
    upstream::TaskReport report;
    report.state = state;
    if (state == TaskState::kSucceeded) report.result.video_uri = "https://vendor.example/v.mp4";
    for (Replica* replica : {one_.get(), two_.get()}) replica->vendor.SetTask(Stored(id).upstream_task_id, report);
  }
  // Moves the clock until `replica` has polled so many times more.
  bool Polls(Replica& replica, int more) {
    const int before = replica.polls();
    return Eventually([&] {
      clock_.Advance(absl::Seconds(1));
      return replica.polls() >= before + more;
    });
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{7};
  std::unique_ptr<FlakyStore> store_;
  std::unique_ptr<Replica> one_;
  std::unique_ptr<Replica> two_;
};

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
