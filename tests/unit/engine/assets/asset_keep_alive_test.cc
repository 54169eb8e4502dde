#include "service/engine/assets/asset_keep_alive.h"

#include "tests/unit/engine/assets/keeper_fixture.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::Asset;
using model::AssetState;

const absl::Duration kWeek = absl::Hours(7 * 24);
const absl::Duration kLead = kWeek / 20;

TEST_F(KeeperTest, AnAssetThatAnOpenTaskNeedsIsUsedAtTheVendorBeforeItIsDropped) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  SetInUse(asset.handle, true);
  Start();
  Advance(kWeek - kLead - absl::Seconds(1));
  EXPECT_EQ(vendor_.get_asset.calls(), 0);
  Advance(absl::Seconds(1));
  EXPECT_EQ(vendor_.get_asset.calls(), 1);
  EXPECT_EQ(Stored(asset).expire_time, clock_.Now() + kWeek);
  EXPECT_EQ(Stored(asset).last_used_time, clock_.Now());
  EXPECT_EQ(told(asset), 1);
  Advance(kWeek - kLead);
  EXPECT_EQ(vendor_.get_asset.calls(), 2) << "again before the new time";
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
}

TEST_F(KeeperTest, AnAssetThatNobodyNeedsExpiresUnasked) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  Start();
  Advance(kWeek - absl::Seconds(1));
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(asset).state, AssetState::kExpired);
  EXPECT_EQ(Stored(asset).error.reason, Reason::kUpstreamLost);
  EXPECT_EQ(told(asset), 1);
  EXPECT_EQ(vendor_.get_asset.calls(), 0) << "asking would keep it";
}

TEST_F(KeeperTest, AnAssetThatComesIntoUseAtTheLastMomentIsKept) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  Start();
  Advance(kWeek - absl::Minutes(2));
  SetInUse(asset.handle, true);
  Advance(absl::Minutes(1));
  EXPECT_EQ(vendor_.get_asset.calls(), 1);
  Advance(absl::Minutes(1));
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
}

TEST_F(KeeperTest, TheVendorsOwnTimeIsTakenOver) {
  const Asset asset = PutAsset("a");
  const absl::Time reported = clock_.Now() + 2 * kWeek;
  SetAtVendor("a", AssetState::kActive, reported);
  SetInUse(asset.handle, true);
  Start();
  Advance(kWeek - kLead);
  EXPECT_EQ(Stored(asset).expire_time, reported);
}

TEST_F(KeeperTest, AVendorWhoseTimeNeverMovesIsAskedOnceAPause) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a", AssetState::kActive, asset.expire_time);
  SetInUse(asset.handle, true);
  Start();
  Advance(kWeek - kLead);
  Advance(absl::Seconds(59));
  EXPECT_EQ(vendor_.get_asset.calls(), 1);
  Advance(absl::Seconds(1));
  EXPECT_EQ(vendor_.get_asset.calls(), 2);
}

TEST_F(KeeperTest, AnAssetInUseThatTheVendorDoesNotKnowExpiresInItsTimeAndNotBefore) {
  const Asset asset = PutAsset("a");
  SetInUse(asset.handle, true);
  Start();
  Advance(kWeek - kLead);
  EXPECT_EQ(vendor_.get_asset.calls(), 1);
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
  Advance(kLead);
  EXPECT_EQ(Stored(asset).state, AssetState::kExpired);
  EXPECT_EQ(Stored(asset).error.reason, Reason::kUpstreamLost);
}

TEST_F(KeeperTest, AnAssetInUseAtAVendorThatCannotBeAskedStaysAndIsAskedAgain) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  SetInUse(asset.handle, true);
  vendor_.get_asset.Answer(Failure(Reason::kUpstreamUnavailable, "not now", absl::Minutes(3)));
  Start();
  Advance(kWeek);
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
  Advance(absl::Minutes(2));
  EXPECT_EQ(vendor_.get_asset.calls(), 1) << "the vendor's wish";
  Advance(absl::Minutes(1));
  EXPECT_EQ(vendor_.get_asset.calls(), 2);
  EXPECT_EQ(Stored(asset).expire_time, clock_.Now() + kWeek);
}

TEST_F(KeeperTest, AssetsAreTakenUpAfterARestart) {
  const Asset asset = PutAsset("a");
  Start();
  Restart();
  Advance(kWeek);
  EXPECT_EQ(Stored(asset).state, AssetState::kExpired);
}

TEST_F(KeeperTest, WhatExpiredWhileTheProcessWasDownExpiresAtItsStart) {
  const Asset asset = PutAsset("a");
  clock_.Advance(2 * kWeek);
  Start();
  Settle();
  EXPECT_EQ(Stored(asset).state, AssetState::kExpired);
}

TEST_F(KeeperTest, AnAssetThatBecomesActiveIsKeptFromThen) {
  Start();
  const Asset asset = PutAsset("a", AssetState::kProcessing);
  upstream::AssetReport report;
  report.state = AssetState::kActive;
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(tracker_->Apply(asset.handle, report).ok());
  Advance(kWeek - absl::Seconds(1));
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(asset).state, AssetState::kExpired);
}

TEST_F(KeeperTest, AStoreThatFailsAtTheEndIsAskedAgain) {
  const Asset asset = PutAsset("a");
  Start();
  store_->failing_asset_updates = 1;
  Advance(kWeek);
  EXPECT_EQ(Stored(asset).state, AssetState::kActive);
  Advance(absl::Minutes(1));
  EXPECT_EQ(Stored(asset).state, AssetState::kExpired);
}

TEST_F(KeeperTest, ADeletedAssetIsForgotten) {
  const Asset asset = PutAsset("a");
  Start();
  ASSERT_TRUE(store_->DeleteAsset(asset.handle).ok());
  SetInUse(asset.handle, true);
  Advance(kWeek);
  EXPECT_EQ(vendor_.get_asset.calls(), 0);
}

TEST_F(KeeperTest, AUseIsWrittenAndLengthensTheLifeByTheVendorsWord) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  Start();
  clock_.Advance(absl::Hours(24));
  keeper_->Used(asset, engine::AssetUse::kNeededByWaitingTask);
  Settle();
  EXPECT_EQ(vendor_.get_asset.calls(), 1);
  EXPECT_EQ(Stored(asset).last_used_time, clock_.Now());
  EXPECT_EQ(Stored(asset).expire_time, clock_.Now() + kWeek);
}

TEST_F(KeeperTest, AUseShortlyAfterAnotherAsksNobody) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  Start();
  clock_.Advance(absl::Minutes(10));
  keeper_->Used(asset, engine::AssetUse::kNeededByWaitingTask);
  Settle();
  EXPECT_EQ(vendor_.get_asset.calls(), 0);
  EXPECT_EQ(Stored(asset).last_used_time, clock_.Now());
  const int64_t revision = Stored(asset).revision;
  clock_.Advance(absl::Seconds(30));
  keeper_->Used(Stored(asset), engine::AssetUse::kNeededByWaitingTask);
  EXPECT_EQ(Stored(asset).revision, revision);
}

TEST_F(KeeperTest, TasksThatTheVendorAcceptedAreCountedToTwoAndWaitingOnesNot) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  Start();
  keeper_->Used(asset, engine::AssetUse::kNeededByWaitingTask);
  EXPECT_EQ(Stored(asset).task_uses, 0);
  keeper_->Used(asset, engine::AssetUse::kSent);
  EXPECT_EQ(Stored(asset).task_uses, 1) << "though it was used less than a minute ago";
  keeper_->Used(Stored(asset), engine::AssetUse::kSent);
  EXPECT_EQ(Stored(asset).task_uses, 2);
  const int64_t revision = Stored(asset).revision;
  for (int i = 0; i < 10; ++i) keeper_->Used(Stored(asset), engine::AssetUse::kSent);
  EXPECT_EQ(Stored(asset).revision, revision) << "a third use within the minute is no write";
  EXPECT_EQ(Stored(asset).task_uses, 2);
}

TEST_F(KeeperTest, ManyUsesAtOnceAreOneLook) {
  const Asset asset = PutAsset("a");
  SetAtVendor("a");
  Start();
  clock_.Advance(absl::Hours(24));
  for (int i = 0; i < 100; ++i) keeper_->Used(asset, engine::AssetUse::kNeededByWaitingTask);
  Settle();
  EXPECT_EQ(vendor_.get_asset.calls(), 1);
}

TEST_F(KeeperTest, AUseAtAVendorThatKeepsAssetsForEverIsOnlyWritten) {
  vendor_.profile().assets.library.idle_ttl = absl::ZeroDuration();
  const Asset asset = PutAsset("a");
  Start();
  clock_.Advance(absl::Hours(24));
  keeper_->Used(asset, engine::AssetUse::kNeededByWaitingTask);
  EXPECT_EQ(Stored(asset).last_used_time, clock_.Now());
  EXPECT_EQ(Stored(asset).expire_time, absl::InfiniteFuture());
  EXPECT_EQ(vendor_.get_asset.calls(), 0);
}

TEST_F(KeeperTest, AnExpiredAssetIsNotUsed) {
  const Asset asset = PutExpired("a");
  Start();
  clock_.Advance(absl::Hours(24));
  keeper_->Used(asset, engine::AssetUse::kNeededByWaitingTask);
  Settle();
  EXPECT_EQ(Stored(asset).revision, asset.revision) << "a change would tell that it cannot be revived";
  EXPECT_EQ(vendor_.get_asset.calls(), 0);
}

}  // namespace
}  // namespace seedance::testing
