#include "service/engine/assets/assets.h"

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

class AssetsTest : public EngineTest {
 protected:
  absl::StatusOr<model::Asset> Rename(const model::UpstreamHandle& handle, const std::string& display_name,
                                      const std::string& tenant = kTenant) {
    Answer<model::Asset> answer;
    engine_->assets().Update(Caller(tenant), {handle, display_name}, answer.done());
    return answer.Wait();
  }
  absl::Status Delete(const model::UpstreamHandle& handle, bool allow_missing, const std::string& tenant = kTenant) {
    Answer<engine::Nothing> answer;
    engine_->assets().Delete(Caller(tenant), handle, allow_missing, answer.done());
    return answer.Wait().status();
  }
  absl::StatusOr<engine::WatchStart<model::Asset>> Watch(const model::UpstreamHandle& handle,
                                                         const std::string& token = "") {
    Answer<engine::WatchStart<model::Asset>> answer;
    engine_->assets().Watch(
        Caller(), handle, token, [] {}, answer.done());
    return answer.Wait();
  }
};

TEST_F(AssetsTest, ARightsNoteIsChangedInTheGatewayAlone) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  const auto update = [&](const engine::UpdateAssetParams& params) {
    Answer<model::Asset> answer;
    engine_->assets().Update(Caller(), params, answer.done());
    return answer.Wait();
  };
  EXPECT_EQ(update({asset, std::nullopt, "own work"})->rights_note, "own work");
  EXPECT_EQ(vendor_.update_asset.calls(), 0);
  const absl::StatusOr<model::Asset> both = update({asset, "new", "by contract"});
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->display_name, "new");
  EXPECT_EQ(store_->GetAsset(asset)->rights_note, "by contract");
  EXPECT_EQ(vendor_.update_asset.calls(), 1);
  EXPECT_EQ(update({asset, std::nullopt, ""})->rights_note, "");
  EXPECT_EQ(ReasonOf(update({{"fake", "none"}, std::nullopt, "x"})), Reason::kResourceNotFound);
}

TEST_F(AssetsTest, WhatTheVendorIsNotAskedForDoesNotWaitForIt) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  const model::UpstreamHandle group = OldGroup();
  vendor_.delete_asset.Answer(AccountLimited());
  EXPECT_EQ(ReasonOf(Delete(StoredAsset("b"), false)), Reason::kRateLimited);
  EXPECT_EQ(ReasonOf(Rename(asset, "new")), Reason::kRateLimited) << "the account has a cooldown";
  EXPECT_EQ(vendor_.update_asset.calls(), 0);
  Answer<model::Asset> note;
  engine_->assets().Update(Caller(), {asset, std::nullopt, "own work"}, note.done());
  EXPECT_EQ(note.Wait()->rights_note, "own work");
  Answer<model::AssetGroup> text;
  engine_->groups().Update(Caller(), {group, std::nullopt, "text"}, text.done());
  EXPECT_EQ(text.Wait()->description, "text");
}

TEST_F(AssetsTest, ARightsNoteThatIsRequiredCannotBeTakenAway) {
  engine::Engine::Options options;
  options.asset_creation.tenants_require_rights_note = {{kTenant, true}};
  Start(options);
  const model::UpstreamHandle asset = StoredAsset("a");
  Answer<model::Asset> answer;
  engine_->assets().Update(Caller(), {asset, std::nullopt, ""}, answer.done());
  EXPECT_EQ(FieldsOf(answer.Wait().status()), std::vector<std::string>{"asset.rights_note"});
}

TEST_F(AssetsTest, ARenameIsMadeAtTheVendorFirstAndToldToWatchers) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  const auto session = Watch(asset)->session;
  (void)session->Take();
  vendor_.update_asset.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  EXPECT_EQ(ReasonOf(Rename(asset, "new")), Reason::kUpstreamUnavailable);
  EXPECT_EQ(session->Take(), nullptr);
  EXPECT_EQ(Rename(asset, "new")->display_name, "new");
  EXPECT_EQ(session->Take()->display_name, "new");
  EXPECT_TRUE(Rename(asset, "new").ok());
  EXPECT_EQ(vendor_.update_asset.calls(), 2);
}

TEST_F(AssetsTest, ADeletedAssetIsGoneForItsWatchers) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  vendor_.delete_asset.Answer(absl::OkStatus());
  const auto session = Watch(asset)->session;
  EXPECT_TRUE(Delete(asset, false).ok());
  EXPECT_TRUE(session->gone());
  EXPECT_EQ(ReasonOf(GetAsset(asset)), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(Delete(asset, false)), Reason::kResourceNotFound);
  EXPECT_TRUE(Delete(asset, true).ok());
  EXPECT_EQ(vendor_.delete_asset.calls(), 1);
}

TEST_F(AssetsTest, AForeignAssetDoesNotExist) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a", AssetState::kActive, model::MediaType::kImage, kOther);
  EXPECT_EQ(ReasonOf(GetAsset(asset)), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(Rename(asset, "mine")), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(Delete(asset, false)), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(Watch(asset)), Reason::kResourceNotFound);
  EXPECT_TRUE(store_->GetAsset(asset).ok());
}

TEST_F(AssetsTest, AReaderOfTheEndDoesNotSeeItAgain) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  const int64_t revision = GetAsset(asset)->revision;
  EXPECT_TRUE(Watch(asset, engine_->assets().ResumeToken(asset, revision, /*last=*/true))->over);
  EXPECT_FALSE(Watch(asset, engine_->assets().ResumeToken(asset, revision))->over);
}

TEST_F(AssetsTest, AReaderOfAnEndThatWasNotTheLastSeesWhatCameAfterwards) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  const std::string token = engine_->assets().ResumeToken(asset, GetAsset(asset)->revision, /*last=*/true);
  ASSERT_TRUE(store_
                  ->UpdateAsset(asset,
                                [](model::Asset& edited) {
                                  edited.state = AssetState::kExpired;
                                  return absl::OkStatus();
                                })
                  .ok());
  const auto watch = Watch(asset, token);
  ASSERT_TRUE(watch.ok()) << watch.status();
  EXPECT_FALSE(watch->over);
  EXPECT_EQ(watch->session->Take()->state, AssetState::kExpired);
}

TEST_F(AssetsTest, AnAssetThatIsGoneAtTheVendorIsDeletedHere) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  EXPECT_TRUE(Delete(asset, false).ok());
  EXPECT_EQ(vendor_.delete_asset.calls(), 1);
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset(asset).status()));
}

TEST_F(AssetsTest, AnAssetThatTheVendorKeepsIsKeptHere) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  vendor_.delete_asset.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  EXPECT_EQ(ReasonOf(Delete(asset, true)), Reason::kUpstreamUnavailable);
  EXPECT_TRUE(store_->GetAsset(asset).ok());
}

TEST_F(AssetsTest, AnAssetThatWasCreatedAgainIsRenamedAndDeletedByItsPresentId) {
  Start();
  const model::UpstreamHandle handle = StoredAsset("a");
  ASSERT_TRUE(store_
                  ->UpdateAsset(handle,
                                [](model::Asset& asset) {
                                  asset.vendor_id = "a-2";
                                  return absl::OkStatus();
                                })
                  .ok());
  upstream::AssetReport report;
  report.id = "a-2";
  vendor_.SetAsset(report);
  EXPECT_TRUE(Rename(handle, "new").ok());
  const auto upstream = vendor_.MakeUpstream();
  EXPECT_EQ(upstream->assets().GetAsset({}, "a-2")->display_name, "new");
  EXPECT_TRUE(Delete(handle, false).ok());
  EXPECT_TRUE(absl::IsNotFound(upstream->assets().GetAsset({}, "a-2").status()));
}

TEST_F(AssetsTest, WhereTheVendorCannotRenameTheGatewayDoes) {
  vendor_.profile().assets.rename = false;
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  StoredAsset("b");
  EXPECT_EQ(Rename(asset, "new")->display_name, "new");
  EXPECT_EQ(store_->GetAsset(asset)->display_name, "new");
  EXPECT_EQ(ReasonOf(Rename(asset, "b")), Reason::kDisplayNameTaken);
  EXPECT_EQ(vendor_.update_asset.calls(), 0);
}

}  // namespace
}  // namespace seedance::testing
