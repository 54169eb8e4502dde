#include <utility>

#include "service/base/error.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/tasks/tracker_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::Asset;
using model::AssetState;
using model::TaskState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TaskWaitsTest : public TrackerTest {
 protected:
  TaskWaitsTest() {
    hooks_.used = [this](const Asset& asset, engine::AssetUse) {
      base::MutexLock lock(mutex_);
      used_.push_back(asset.name());
    };
    hooks_.revive = [this](const Asset& asset) {
      {
        base::MutexLock lock(mutex_);
        revived_.push_back(asset.name());
      }
      if (on_revive_) on_revive_(asset);
    };
  }
  ~TaskWaitsTest() override {
    if (tracker_ != nullptr) Stop();
  }

  std::vector<std::string> used() {
    base::MutexLock lock(mutex_);
    return used_;
  }
  std::vector<std::string> revived() {
    base::MutexLock lock(mutex_);
    return revived_;
  }
  // Settles and says what became of the task.
  TaskState After(const std::string& id) {
    Settle();
    return Stored(id).state;
  }

  std::function<void(const Asset&)> on_revive_;

 private:
  base::Mutex mutex_;
  std::vector<std::string> used_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> revived_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(TaskWaitsTest, TheVendorGetsTheIdsThatItKnowsNowAndTheTaskKeepsItsNames) {
  (void)PutAsset("old", AssetState::kActive);
  (void)PutAsset("same", AssetState::kActive);
  EditAsset("old", [](Asset& asset) { asset.vendor_id = "new"; });
  Start();
  const std::string id = AddTask(Using({"old", "same", "old"}));
  ASSERT_EQ(After(id), TaskState::kQueued);
  std::vector<std::string> sent;
  const model::TaskRequest request = vendor_.sent_tasks().at(0);
  for (const model::Reference& reference : request.references) sent.push_back(reference.asset->id);
  EXPECT_THAT(sent, ElementsAre("new", "same", "new"));
  EXPECT_EQ(Stored(id).request.references[0].asset->id, "old");
}

TEST_F(TaskWaitsTest, IsSentAsSoonAsTheLastAssetIsActiveAndNotBefore) {
  (void)PutAsset("a", AssetState::kProcessing);
  (void)PutAsset("b", AssetState::kProcessing);
  (void)PutAsset("c", AssetState::kActive);
  Start();
  const std::string id = AddTask(Waiting({"a", "b", "c"}));
  ASSERT_EQ(After(id), TaskState::kPending);
  EXPECT_EQ(Stored(id).state_message, "waits for assets/fake~a, assets/fake~b to be ACTIVE");
  EXPECT_TRUE(engine::WaitsForAssets(Stored(id)));
  SetAsset("a", AssetState::kActive);
  ASSERT_EQ(After(id), TaskState::kPending);
  EXPECT_EQ(Stored(id).state_message, "waits for assets/fake~b to be ACTIVE");
  EXPECT_EQ(vendor_.create_task.calls(), 0);
  SetAsset("b", AssetState::kActive);
  EXPECT_EQ(After(id), TaskState::kQueued);
  EXPECT_EQ(Stored(id).state_message, "");
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskWaitsTest, LooksAgainByItselfEveryHalfMinuteAndWritesNothingWithoutNews) {
  (void)PutAsset("a", AssetState::kProcessing);
  Start();
  const std::string id = AddTask(Waiting({"a"}));
  Settle();
  const int64_t revision = Stored(id).revision;
  for (int i = 0; i < 3; ++i) Advance(absl::Seconds(30));
  // Changed, and nobody tells.
  EditAsset("a", [](Asset& asset) { asset.state = AssetState::kActive; });
  Advance(absl::Seconds(29));
  EXPECT_EQ(Stored(id).revision, revision);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(id).state, TaskState::kQueued);
}

struct Hopeless {
  const char* name;
  AssetState state;
  bool waits;
  const char* message;
};

class HopelessAssetTest : public TaskWaitsTest, public ::testing::WithParamInterface<Hopeless> {};

TEST_P(HopelessAssetTest, FailsTheTaskWhichIsNeverSent) {
  (void)PutAsset("good", AssetState::kActive);
  (void)PutAsset("bad", GetParam().state, {Reason::kInputModeration, "code-7", "shows a person"});
  Start();
  const std::string id = AddTask(GetParam().waits ? Waiting({"good", "bad"}) : Using({"good", "bad"}));
  ASSERT_EQ(After(id), TaskState::kFailed);
  const model::GenerationTask task = Stored(id);
  EXPECT_EQ(task.error.reason, Reason::kAssetNotReady);
  EXPECT_EQ(task.error.upstream_code, "code-7");
  EXPECT_EQ(task.error.message, GetParam().message);
  EXPECT_EQ(task.state_message, "");
  EXPECT_EQ(task.end_time, clock_.Now());
  EXPECT_EQ(vendor_.create_task.calls(), 0);
  EXPECT_THAT(revived(), IsEmpty());
  EXPECT_FALSE(users_.IsUsed("assets/fake~good"));
}

INSTANTIATE_TEST_SUITE_P(
    States, HopelessAssetTest,
    ::testing::Values(Hopeless{"Failed", AssetState::kFailed, true, "assets/fake~bad is FAILED: shows a person"},
                      Hopeless{"Expired", AssetState::kExpired, true, "assets/fake~bad is EXPIRED: shows a person"},
                      Hopeless{"Processing", AssetState::kProcessing, false,
                               "assets/fake~bad is PROCESSING: shows a person"}),
    [](const auto& test) { return test.param.name; });

TEST_F(TaskWaitsTest, AnAssetThatWasDeletedFailsTheTask) {
  (void)PutAsset("a", AssetState::kProcessing);
  Start();
  const std::string id = AddTask(Waiting({"a"}));
  ASSERT_EQ(After(id), TaskState::kPending);
  ASSERT_TRUE(store_->DeleteAsset({"fake", "a"}).ok());
  table_->OnAssetChange("assets/fake~a");
  ASSERT_EQ(After(id), TaskState::kFailed);
  EXPECT_EQ(Stored(id).error.message, "assets/fake~a was deleted");
  EXPECT_EQ(Stored(id).error.reason, Reason::kAssetNotReady);
}

TEST_F(TaskWaitsTest, AnAssetThatBelongsToSomebodyElseByNowFailsTheTask) {
  (void)PutAsset("a", AssetState::kActive);
  EditAsset("a", [](Asset& asset) { asset.tenant = kOther; });
  Start();
  const std::string id = AddTask(Waiting({"a"}));
  ASSERT_EQ(After(id), TaskState::kFailed);
  EXPECT_EQ(Stored(id).error.message, "assets/fake~a was deleted");
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TaskWaitsTest, AnAssetIsLookedAtAgainBeforeEveryTry) {
  (void)PutAsset("a", AssetState::kActive);
  vendor_.create_task.Answer(NotAccepted(absl::Seconds(60)));
  Start();
  const std::string id = AddTask(Using({"a"}));
  ASSERT_EQ(After(id), TaskState::kPending);
  EXPECT_FALSE(engine::WaitsForAssets(Stored(id)));
  SetAsset("a", AssetState::kFailed);
  Advance(absl::Seconds(60));
  EXPECT_EQ(Stored(id).state, TaskState::kFailed);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskWaitsTest, AChangedAssetDoesNotBreakThePatienceThatTheVendorAskedFor) {
  (void)PutAsset("a", AssetState::kProcessing);
  vendor_.create_task.Answer(NotAccepted(absl::Seconds(60)));
  Start();
  const std::string id = AddTask(Waiting({"a"}));
  Settle();
  SetAsset("a", AssetState::kActive);
  ASSERT_EQ(After(id), TaskState::kPending);
  ASSERT_EQ(vendor_.create_task.calls(), 1);
  table_->OnAssetChange("assets/fake~a");
  Advance(absl::Seconds(59));
  EXPECT_EQ(vendor_.create_task.calls(), 1);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(id).state, TaskState::kQueued);
}

TEST_F(TaskWaitsTest, AnExpiredAssetIsRevivedOnceForATaskThatMayHaveItCreatedAgain) {
  (void)PutAsset("a", AssetState::kExpired, {Reason::kUpstreamLost, "", "gone"});
  Start();
  const std::string id = AddTask(Recreating({"a"}));
  ASSERT_EQ(After(id), TaskState::kPending);
  EXPECT_EQ(Stored(id).state_message, "waits for assets/fake~a to be ACTIVE");
  for (int i = 0; i < 3; ++i) Advance(absl::Seconds(30));
  EXPECT_THAT(revived(), ElementsAre("assets/fake~a"));
  ASSERT_EQ(Stored(id).state, TaskState::kPending);
  SetAsset("a", AssetState::kProcessing);
  ASSERT_EQ(After(id), TaskState::kPending);
  SetAsset("a", AssetState::kActive);
  EXPECT_EQ(After(id), TaskState::kQueued);
}

TEST_F(TaskWaitsTest, AnAssetThatCouldNotBeRevivedFailsTheTaskWithTheCause) {
  (void)PutAsset("a", AssetState::kExpired, {Reason::kUpstreamLost, "", "gone"});
  Start();
  const std::string id = AddTask(Recreating({"a"}));
  ASSERT_EQ(After(id), TaskState::kPending);
  SetAsset("a", AssetState::kExpired, {Reason::kUpstreamInvalidInput, "", "the URL has died"});
  ASSERT_EQ(After(id), TaskState::kFailed);
  EXPECT_EQ(Stored(id).error.message, "assets/fake~a is EXPIRED: the URL has died");
  EXPECT_THAT(revived(), ElementsAre("assets/fake~a"));
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TaskWaitsTest, WhatHappensToAnAssetWhileItIsCheckedIsSeenAtOnce) {
  (void)PutAsset("a", AssetState::kExpired);
  on_revive_ = [this](const Asset&) { SetAsset("a", AssetState::kActive); };
  Start();
  const std::string id = AddTask(Recreating({"a"}));
  EXPECT_EQ(After(id), TaskState::kQueued);
}

TEST_F(TaskWaitsTest, NothingIsCreatedAgainForATaskThatFailsAnyway) {
  (void)PutAsset("a", AssetState::kExpired);
  (void)PutAsset("b", AssetState::kFailed);
  Start();
  const std::string id = AddTask(Recreating({"a", "b"}));
  ASSERT_EQ(After(id), TaskState::kFailed);
  EXPECT_THAT(revived(), IsEmpty());
}

TEST_F(TaskWaitsTest, ACancelledTaskNeitherUsesItsAssetsNorIsItSent) {
  (void)PutAsset("a", AssetState::kProcessing);
  Start();
  const std::string id = AddTask(Waiting({"a"}));
  Settle();
  EXPECT_TRUE(users_.IsUsed("assets/fake~a"));
  const auto cancel = [](model::GenerationTask& task) { task.state = TaskState::kCancelled; };
  ASSERT_TRUE(writer_->WriteIf(id, engine::IsIn(TaskState::kPending), cancel).ok());
  EXPECT_FALSE(users_.IsUsed("assets/fake~a"));
  SetAsset("a", AssetState::kActive);
  Advance(absl::Minutes(1));
  EXPECT_EQ(Stored(id).state, TaskState::kCancelled);
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TaskWaitsTest, ATaskThatWaitsExpiresAtItsDeadline) {
  (void)PutAsset("a", AssetState::kProcessing);
  Start();
  const std::string id = AddTask(Waiting({"a"}));
  Advance(absl::Hours(2) - absl::Seconds(1));
  ASSERT_EQ(Stored(id).state, TaskState::kPending);
  Advance(absl::Seconds(1));
  ASSERT_EQ(Stored(id).state, TaskState::kExpired);
  EXPECT_EQ(Stored(id).error.reason, Reason::kDeadlineExceeded);
  EXPECT_FALSE(users_.IsUsed("assets/fake~a"));
}

TEST_F(TaskWaitsTest, GoesOnAfterARestart) {
  (void)PutAsset("a", AssetState::kProcessing);
  (void)PutAsset("b", AssetState::kProcessing);
  Start();
  const std::string first = AddTask(Waiting({"a"}));
  const std::string second = AddTask(Waiting({"b"}));
  Settle();
  Stop();
  EditAsset("a", [](Asset& asset) { asset.state = AssetState::kActive; });
  Start();
  EXPECT_EQ(After(first), TaskState::kQueued);
  ASSERT_EQ(After(second), TaskState::kPending);
  SetAsset("b", AssetState::kActive);
  EXPECT_EQ(After(second), TaskState::kQueued);
}

TEST_F(TaskWaitsTest, AnAssetIsInUseUntilItsLastTaskHasEnded) {
  (void)PutAsset("a", AssetState::kActive);
  Start();
  EXPECT_FALSE(users_.IsUsed("assets/fake~a"));
  const std::string one = AddTask(Using({"a"}));
  const std::string two = AddTask(Using({"a"}));
  Settle();
  for (const std::string& id : {one, two}) {
    EXPECT_TRUE(users_.IsUsed("assets/fake~a"));
    vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
    Advance(absl::Seconds(17));
  }
  EXPECT_FALSE(users_.IsUsed("assets/fake~a"));
}

TEST_F(TaskWaitsTest, AnAssetCountsAsUsedOnceTheVendorHasAcceptedTheTask) {
  (void)PutAsset("a", AssetState::kActive);
  (void)PutAsset("b", AssetState::kActive);
  vendor_.create_task.Answer(Refused(Reason::kInputModeration, "no"));
  vendor_.create_task.Answer(NotAccepted());
  vendor_.create_task.Answer(Lost());
  Start();
  for (int i = 0; i < 3; ++i) {
    (void)AddTask(Using({"b"}));
    Settle();
  }
  ASSERT_EQ(vendor_.create_task.calls(), 3);
  EXPECT_THAT(used(), IsEmpty());
  (void)AddTask(Using({"a", "a"}));
  Settle();
  EXPECT_THAT(used(), ElementsAre("assets/fake~a"));
}

TEST_F(TaskWaitsTest, AnActiveAssetCountsAsUsedOnceWhenItsTaskBeginsToWaitForAnother) {
  (void)PutAsset("a", AssetState::kActive);
  (void)PutAsset("b", AssetState::kProcessing);
  Start();
  (void)AddTask(Waiting({"a", "b"}));
  for (int i = 0; i < 3; ++i) Advance(absl::Seconds(30));
  EXPECT_THAT(used(), ElementsAre("assets/fake~a"));
}

TEST_F(TaskWaitsTest, AnAssetThatCannotBeReadIsReadAgainAndNothingIsSentBefore) {
  (void)PutAsset("a", AssetState::kActive);
  Start();
  store_->failing_asset_reads = 2;
  const std::string id = AddTask(Using({"a"}));
  ASSERT_EQ(After(id), TaskState::kPending);
  EXPECT_EQ(vendor_.create_task.calls(), 0);
  for (int i = 0; i < 2; ++i) Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(id).state, TaskState::kQueued);
}

TEST_F(TaskWaitsTest, AMessageThatCannotBeWrittenIsWrittenLater) {
  (void)PutAsset("a", AssetState::kProcessing);
  Start();
  store_->failing_updates = 1;
  const std::string id = AddTask(Waiting({"a"}));
  Settle();
  EXPECT_EQ(Stored(id).state_message, "");
  Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(id).state_message, "waits for assets/fake~a to be ACTIVE");
}

TEST_F(TaskWaitsTest, ALongCauseIsCutBetweenTwoCharacters) {
  std::string cause;
  while (cause.size() < 512) cause += "图";
  (void)PutAsset("a", AssetState::kFailed, {Reason::kInputModeration, "", cause});
  Start();
  const std::string id = AddTask(Using({"a"}));
  ASSERT_EQ(After(id), TaskState::kFailed);
  const std::string message = Stored(id).error.message;
  EXPECT_LE(message.size(), 512U);
  EXPECT_GE(message.size(), 510U);
  EXPECT_EQ(message.substr(message.size() - 3), "图");
}

}  // namespace
}  // namespace seedance::testing
