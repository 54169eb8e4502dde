// Deletion of tasks, by their callers and by age.
#include "service/engine/retention.h"

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::GenerationTask;
using model::TaskState;

class DeletionTest : public EngineTest {
 protected:
  // A task that has ended.
  std::string Ended(const std::string& request_id = "") {
    engine::CreateTaskParams params = GoodTask();
    params.request_id = request_id;
    vendor_.create_task.Answer(Refused(Reason::kInputModeration, "no"));
    const std::string id = CreateTask(params)->id;
    EXPECT_TRUE(Reaches(id, TaskState::kFailed));
    return id;
  }
  bool IsGone(const std::string& id) { return absl::IsNotFound(store_->GetTask(id).status()); }
};

TEST_F(DeletionTest, OnlyATaskThatHasEndedIsDeleted) {
  Start();
  const std::string open = SubmittedTask();
  const absl::Status refused = DeleteTask(open);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), Reason::kTaskNotEnded);
  EXPECT_EQ(ReasonOf(DeleteTask(open, true)), Reason::kTaskNotEnded) << "it is not missing";
  vendor_.create_task.Answer(Lost());
  const std::string doubtful = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(doubtful, TaskState::kSubmitUnknown));
  EXPECT_EQ(ReasonOf(DeleteTask(doubtful)), Reason::kTaskNotEnded);
  const std::string ended = Ended();
  EXPECT_TRUE(DeleteTask(ended).ok());
  EXPECT_TRUE(IsGone(ended));
}

TEST_F(DeletionTest, AMissingTaskIsAnErrorUnlessItIsAllowed) {
  Start();
  const std::string foreign = Ended();
  for (const std::string& id : {foreign, std::string("0190f5fe-7c00-7a00-8000-00000000dead")}) {
    EXPECT_EQ(ReasonOf(DeleteTask(id, false, kOther)), Reason::kResourceNotFound);
    EXPECT_TRUE(DeleteTask(id, true, kOther).ok());
  }
  EXPECT_FALSE(IsGone(foreign));
}

TEST_F(DeletionTest, TheRequestIdOfADeletedTaskIsNeverSentAgain) {
  Start();
  const std::string id = Ended(kRequestId);
  ASSERT_TRUE(DeleteTask(id).ok());
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  EXPECT_EQ(ReasonOf(CreateTask(params)), Reason::kResourceNotFound);
  Restart();
  EXPECT_EQ(ReasonOf(CreateTask(params)), Reason::kResourceNotFound);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(DeletionTest, AtADedicatedUpstreamTooTheRequestIdIsNeverSentAgain) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request.upstream = "own";
  params.request_id = kRequestId;
  own_.create_task.Answer(Refused(Reason::kInputModeration, "no"));
  const std::string id = CreateTask(params)->id;
  ASSERT_TRUE(Reaches(id, TaskState::kFailed));
  ASSERT_TRUE(DeleteTask(id).ok());
  EXPECT_EQ(ReasonOf(CreateTask(params)), Reason::kResourceNotFound);
  EXPECT_EQ(own_.create_task.calls(), 1);
}

TEST_F(DeletionTest, ReadersOfADeletedTaskAreTold) {
  Start();
  const std::string id = Ended();
  const auto watch = WatchTask(id);
  ASSERT_TRUE(watch.ok());
  ASSERT_TRUE(DeleteTask(id).ok());
  EXPECT_TRUE(watch->session->gone());
}

class RetentionTest : public DeletionTest {
 protected:
  void Open(absl::Duration retention) {
    engine::Engine::Options options;
    options.retention.retention = retention;
    options.retention.interval = absl::Minutes(1);
    options.retention.batch = 3;
    Start(options);
  }
  // Moves the clock by steps until the janitor has swept at a time after `id` became old enough. How many steps that
  // takes depends on the machine: some thousand at most, before Eventually gives up.
  ::testing::AssertionResult Vanishes(const std::string& id, absl::Duration step = absl::Minutes(1)) {
    const bool vanished = Eventually([&] {
      clock_.Advance(step);
      return IsGone(id);
    });
    return vanished ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "it is still there";
  }
};

TEST_F(RetentionTest, WhatEndedLongAgoVanishesInBatchesAndItsReadersAreTold) {
  Open(absl::Hours(1));
  std::vector<std::string> old;
  for (int i = 0; i < 10; ++i) old.push_back(Ended());
  const auto watch = WatchTask(old.front());
  clock_.Advance(absl::Minutes(50));
  const std::string young = Ended();
  clock_.Advance(absl::Minutes(11));
  for (const std::string& id : old) EXPECT_TRUE(Vanishes(id));
  EXPECT_TRUE(watch->session->gone());
  EXPECT_TRUE(Vanishes(young));
}

TEST_F(RetentionTest, WhatIsOpenStaysHoweverOldItIs) {
  engine::Engine::Options options;
  options.retention.retention = absl::Minutes(1);
  options.retention.interval = absl::Minutes(1);
  options.tasks.deadline = options.task_tracker.submit_unknown_deadline = absl::Hours(1000);
  Start(options);
  const std::string open = SubmittedTask();
  vendor_.create_task.Answer(Lost());
  const std::string doubtful = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(doubtful, TaskState::kSubmitUnknown));
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(Vanishes(Ended()));
  EXPECT_FALSE(IsGone(open));
  EXPECT_FALSE(IsGone(doubtful));
}

TEST_F(RetentionTest, ZeroKeepsEverything) {
  Open(absl::ZeroDuration());
  const std::string id = Ended();
  ASSERT_TRUE(DeleteTask(Ended()).ok());
  clock_.Advance(absl::Hours(24 * 365));
  // The marks of deletions go all the same, which shows that a sweep has run.
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Minutes(1));
    return store_->GetHistoryBounds()->forgotten > 0;
  }));
  EXPECT_FALSE(IsGone(id));
}

TEST_F(RetentionTest, MarksOfDeletionsLiveForADayAtLeast) {
  Open(absl::Minutes(2));
  const absl::Time begin = clock_.Now();
  ASSERT_TRUE(DeleteTask(Ended()).ok());
  const std::string witness = Ended();
  // In steps that are not a day together, however many they are.
  EXPECT_TRUE(Vanishes(witness, absl::Seconds(1)));
  ASSERT_LT(clock_.Now(), begin + absl::Hours(24));
  EXPECT_EQ(store_->GetHistoryBounds()->forgotten, 0);
  clock_.Advance(absl::Hours(25));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Minutes(1));
    return store_->GetHistoryBounds()->forgotten > 0;
  }));
}

TEST_F(RetentionTest, RequestIdsOfWhatFailedAreForgottenAndThoseOfWhatWasMadeAreNot) {
  Open(absl::Hours(1));
  engine::CreateGroupParams refused;
  refused.upstream = "fake";
  refused.display_name = "refused";
  refused.request_id = "0190f5fe-7c00-7a00-8000-00000000000a";
  vendor_.create_group.Answer(Refused(Reason::kQuotaExceeded, "no"));
  EXPECT_EQ(ReasonOf(CreateGroup(refused)), Reason::kQuotaExceeded);
  engine::CreateGroupParams made = refused;
  made.request_id = "0190f5fe-7c00-7a00-8000-00000000000b";
  ASSERT_TRUE(CreateGroup(made).ok());
  const std::string id = Ended(kRequestId);
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(Vanishes(id));
  EXPECT_TRUE(Eventually([&] {
    return !store_->GetEntry({kTenant, "CreateAssetGroup", refused.request_id})->has_value();
  }));
  EXPECT_TRUE(store_->GetEntry({kTenant, "CreateAssetGroup", made.request_id})->has_value());
  EXPECT_FALSE(store_->GetEntry({kTenant, "CreateGenerationTask", kRequestId})->has_value());
}

TEST_F(RetentionTest, AStopWaitsForNoSweep) {
  Open(absl::Hours(1));
  engine_->Stop(absl::ZeroDuration());
  engine_->Stop(absl::ZeroDuration());
}

}  // namespace
}  // namespace seedance::testing
