#include "service/engine/assets/asset_recreation.h"

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "service/engine/journal/journal_errors.h"
#include "tests/testing/eventually.h"
#include "tests/unit/engine/assets/keeper_fixture.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::Asset;
using model::AssetState;
using ::testing::HasSubstr;

class RevivalTest : public KeeperTest {
 protected:
  RevivalTest() { Start(); }

  bool Reaches(const Asset& asset, AssetState state, absl::Duration step = absl::ZeroDuration()) {
    return Eventually([&] {
      clock_.Advance(step);
      return Stored(asset).state == state;
    });
  }
};

TEST_F(RevivalTest, AnAssetThatTheVendorStillHasIsActiveAgainAndNothingIsSent) {
  const Asset asset = PutExpired("a");
  SetAtVendor("a");
  const Asset revived = Revived(asset);
  EXPECT_EQ(revived.state, AssetState::kActive);
  EXPECT_EQ(revived.error, model::Failure{});
  EXPECT_EQ(revived.expire_time, clock_.Now() + absl::Hours(7 * 24));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(RevivalTest, AnAssetThatTheVendorDroppedIsCreatedAgainUnderItsName) {
  const Asset asset = PutExpired("a");
  clock_.Advance(absl::Hours(30 * 24));
  const Asset revived = Revived(asset);
  EXPECT_EQ(revived.state, AssetState::kProcessing);
  EXPECT_EQ(revived.error, model::Failure{});
  EXPECT_EQ(revived.handle, asset.handle);
  EXPECT_EQ(revived.vendor_id, "asset-1");
  EXPECT_EQ(revived.recreations, 1);
  EXPECT_EQ(revived.last_used_time, clock_.Now());
  EXPECT_EQ(vendor_.last_asset().uri, asset.source_uri);
  EXPECT_EQ(vendor_.last_asset().display_name, "a");
  EXPECT_EQ(vendor_.last_asset().media_type, model::MediaType::kImage);
  // It is followed by its new id, and its age counts from now.
  SetAtVendor("asset-1", AssetState::kActive);
  EXPECT_TRUE(Reaches(asset, AssetState::kActive, absl::Seconds(1)));
}

TEST_F(RevivalTest, ManyTasksThatNeedAnAssetCreateItOnce) {
  const Asset asset = PutExpired("a");
  vendor_.create_asset.Close();
  std::vector<std::thread> tasks;
  for (int i = 0; i < 100; ++i) tasks.emplace_back([&] { recreation_->Revive(asset); });
  for (std::thread& task : tasks) task.join();
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  vendor_.create_asset.Open();
  ASSERT_TRUE(Reaches(asset, AssetState::kProcessing));
  // Late ones see that it is back.
  for (int i = 0; i < 10; ++i) recreation_->Revive(asset);
  Stop();
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_EQ(Stored(asset).recreations, 1);
  Start();
}

TEST_F(RevivalTest, EachLifeHasItsOwnCreation) {
  const Asset asset = PutExpired("a");
  vendor_.SetNewAssets(AssetState::kActive);
  EXPECT_EQ(Revived(asset).recreations, 1);
  ASSERT_TRUE(Reaches(asset, AssetState::kActive, absl::Seconds(1)));
  vendor_.get_asset.Answer(base::ResourceNotFound("vendor", "asset-1"));
  ASSERT_TRUE(tracker_
                  ->Change(asset.handle,
                           [](Asset& edited) {
                             edited.state = AssetState::kExpired;
                             return absl::OkStatus();
                           })
                  .ok());
  const Asset revived = Revived(asset);
  EXPECT_EQ(revived.recreations, 2);
  EXPECT_EQ(revived.vendor_id, "asset-2");
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(RevivalTest, ARefusalStaysWithTheAssetAndTheNextTaskMayTryAgain) {
  const Asset asset = PutExpired("a");
  vendor_.create_asset.Answer(Refused(Reason::kCreditsExhausted, "no points left"));
  const Asset refused = Revived(asset);
  EXPECT_EQ(refused.state, AssetState::kExpired);
  EXPECT_EQ(refused.error.reason, Reason::kCreditsExhausted);
  EXPECT_EQ(refused.error.message, "no points left");
  EXPECT_EQ(refused.recreations, 0);
  EXPECT_EQ(Revived(asset).state, AssetState::kProcessing);
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(RevivalTest, AnIdThatCannotBeANameHoldsNoPlaceInTheLibrary) {
  const Asset asset = PutExpired("a");
  vendor_.create_asset.Answer(Accepted("no/name"));
  EXPECT_EQ(Revived(asset).error.reason, Reason::kInternal);
  const model::AssetClaim last = {asset.group, "another", {}, true, 1};
  EXPECT_TRUE(Eventually([&] { return !store_->FindClaimConflict("another", last, clock_.Now())->has_value(); }));
}

TEST_F(RevivalTest, AnAnswerThatWasLostIsNeverFollowedByAnotherCreation) {
  const Asset asset = PutExpired("a");
  vendor_.create_asset.Answer(Lost());
  const Asset doubtful = Revived(asset);
  EXPECT_EQ(doubtful.state, AssetState::kExpired);
  EXPECT_EQ(doubtful.error.reason, Reason::kOutcomeUnknown);
  EXPECT_EQ(doubtful.recreations, 1);
  EXPECT_EQ(Revived(asset).error.reason, Reason::kOutcomeUnknown);
  Restart();
  EXPECT_EQ(Revived(asset).error.reason, Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(RevivalTest, AKillBetweenTheJournalAndTheAnswerDoesNotBillTwice) {
  const Asset asset = PutExpired("a");
  // As written here, so that rows of earlier versions stay what they are.
  model::JournalEntry call;
  call.key = {kTenant, "RecreateAsset", absl::StrCat(asset.name(), "#1")};
  call.fingerprint = {{"asset", asset.name()}, {"uri", base::Sha256Hex(asset.source_uri)}};
  ASSERT_TRUE(store_->BeginEntry(call, nullptr).ok());
  Restart();
  const Asset doubtful = Revived(asset);
  EXPECT_EQ(doubtful.state, AssetState::kExpired);
  EXPECT_EQ(doubtful.error.reason, Reason::kOutcomeUnknown);
  EXPECT_EQ(Revived(asset).error.reason, Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

// As a restore of an older state leaves it.
TEST_F(RevivalTest, AnAssetWhoseNextCreationIsInDoubtIsTakenBackFromTheVendorButNeverCreated) {
  const Asset asset = PutExpired("a");
  model::JournalEntry call = model::RecreationOf(asset, 1);
  call.state = model::JournalState::kInDoubt;
  call.error = base::SerializeStatus(engine::OutcomeUnknown("lost"));
  ASSERT_TRUE(store_->BeginEntry(call, nullptr).ok());
  EXPECT_EQ(Revived(asset).error.reason, Reason::kOutcomeUnknown);
  Restart();
  EXPECT_EQ(Revived(asset).error.reason, Reason::kOutcomeUnknown);
  SetAtVendor("a");
  EXPECT_EQ(Revived(asset).state, AssetState::kActive);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(RevivalTest, AStopWhileTheVendorAnswersLeavesTheCreationInDoubt) {
  const Asset asset = PutExpired("a");
  vendor_.create_asset.Close();
  recreation_->Revive(asset);
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  Stop();
  vendor_.create_asset.Open();
  EXPECT_EQ(Stored(asset).error.reason, Reason::kOutcomeUnknown);
  Start();
  EXPECT_EQ(Revived(asset).error.reason, Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(RevivalTest, ACreationWhoseAssetCouldNotBeWrittenIsFoundInTheJournal) {
  const Asset asset = PutExpired("a");
  store_->failing_asset_updates = 1;
  recreation_->Revive(asset);
  ASSERT_TRUE(Reaches(asset, AssetState::kProcessing, absl::Seconds(1)));
  EXPECT_EQ(Stored(asset).vendor_id, "asset-1");
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(RevivalTest, ACreationWhoseAssetWasNotWrittenBeforeAKillIsFoundInTheJournal) {
  const Asset asset = PutExpired("a");
  store_->failing_asset_updates = 1;
  recreation_->Revive(asset);
  ASSERT_TRUE(Eventually([&] { return store_->failing_asset_updates == 0; }));
  Restart();
  EXPECT_EQ(Revived(asset).vendor_id, "asset-1");
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(RevivalTest, AnAssetOfBytesCannotBeCreatedAgain) {
  Asset asset = PutExpired("a");
  asset.source_uri.clear();
  ASSERT_TRUE(store_->PutAsset(asset).ok());
  const Asset after = Revived(asset);
  EXPECT_EQ(after.state, AssetState::kExpired);
  EXPECT_EQ(after.error.reason, Reason::kUpstreamLost);
  EXPECT_THAT(after.error.message, HasSubstr("bytes"));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(RevivalTest, AFullLibraryTakesNothingBack) {
  vendor_.profile().assets.library.max_assets = 1;
  Restart();
  (void)PutAsset("other");
  const Asset asset = PutExpired("a");
  const Asset after = Revived(asset);
  EXPECT_EQ(after.state, AssetState::kExpired);
  EXPECT_EQ(after.error.reason, Reason::kAssetLibraryFull);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(RevivalTest, AnAssetThatWasDeletedWhileItWasCreatedAgainIsDeletedAtTheVendorToo) {
  const Asset asset = PutExpired("a");
  vendor_.create_asset.Close();
  recreation_->Revive(asset);
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  ASSERT_TRUE(store_->DeleteAsset(asset.handle).ok());
  vendor_.create_asset.Open();
  ASSERT_TRUE(Eventually([&] { return vendor_.delete_asset.calls() == 1; }));
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset(asset.handle).status()));
}

TEST_F(RevivalTest, AnAssetThatTurnsUpAtTheVendorMeanwhileIsKeptAndTheNewOneIsNot) {
  const Asset asset = PutExpired("a");
  vendor_.create_asset.Close();
  recreation_->Revive(asset);
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  upstream::AssetReport report;
  report.id = "a";
  report.state = AssetState::kActive;
  ASSERT_TRUE(tracker_->Apply(asset.handle, report).ok());
  vendor_.create_asset.Open();
  ASSERT_TRUE(Eventually([&] { return vendor_.delete_asset.calls() == 1; }));
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
  EXPECT_EQ(Stored(asset).upstream_id(), "a");
  EXPECT_EQ(Stored(asset).recreations, 1) << "its row in the journal names what was deleted";
}

TEST_F(RevivalTest, AVendorThatCannotBeAskedIsAskedAgainBeforeItCountsAsAnAnswer) {
  const Asset asset = PutExpired("a");
  vendor_.get_asset.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  recreation_->Revive(asset);
  ASSERT_TRUE(Reaches(asset, AssetState::kProcessing, absl::Seconds(1)));
  EXPECT_EQ(vendor_.get_asset.calls(), 2);
}

TEST_F(RevivalTest, AVendorThatNeverAnswersLeavesItsErrorWithTheAsset) {
  const Asset asset = PutExpired("a");
  for (int i = 0; i < 5; ++i) vendor_.get_asset.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  recreation_->Revive(asset);
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(5));
    return Stored(asset).error.reason == Reason::kUpstreamUnavailable;
  }));
  EXPECT_EQ(vendor_.get_asset.calls(), 5);
  EXPECT_EQ(vendor_.create_asset.calls(), 0) << "it may be there";
}

TEST_F(RevivalTest, AnAssetThatTheVendorStillProcessesIsFollowed) {
  const Asset asset = PutExpired("a");
  SetAtVendor("a", AssetState::kProcessing);
  EXPECT_EQ(Revived(asset).state, AssetState::kProcessing);
  SetAtVendor("a", AssetState::kActive);
  EXPECT_TRUE(Reaches(asset, AssetState::kActive, absl::Seconds(1)));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(RevivalTest, AnAssetThatTheVendorRefusedAfterAllFails) {
  const Asset asset = PutExpired("a");
  upstream::AssetReport report;
  report.id = "a";
  report.state = AssetState::kFailed;
  report.error = {Reason::kInputModeration, "", "a person"};
  vendor_.SetAsset(report);
  const Asset after = Revived(asset);
  EXPECT_EQ(after.state, AssetState::kFailed);
  EXPECT_EQ(after.error, report.error);
}

TEST_F(RevivalTest, AnAssetThatTheVendorListsAsDroppedIsCreatedAgain) {
  const Asset asset = PutExpired("a");
  SetAtVendor("a", AssetState::kExpired);
  EXPECT_EQ(Revived(asset).recreations, 1);
}

}  // namespace
}  // namespace seedance::testing
