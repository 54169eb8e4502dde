#include "service/engine/assets/adoption.h"

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

const model::UpstreamHandle kOwnGroup{"own", "g"};
const model::UpstreamHandle kOwnAsset{"own", "a"};

class AdoptionTest : public EngineTest {
 protected:
  absl::StatusOr<model::AssetGroup> GetGroup(const model::UpstreamHandle& handle, const std::string& tenant = kTenant) {
    Answer<model::AssetGroup> answer;
    engine_->groups().Get(Caller(tenant), handle, answer.done());
    return answer.Wait();
  }
  absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(const engine::ListGroupsParams& params,
                                                            const std::string& tenant = kTenant) {
    Answer<model::Page<model::AssetGroup>> answer;
    engine_->groups().List(Caller(tenant), params, answer.done());
    return answer.Wait();
  }
  absl::StatusOr<model::Page<model::Asset>> ListAssets(const engine::ListAssetsParams& params,
                                                       const std::string& tenant = kTenant) {
    Answer<model::Page<model::Asset>> answer;
    engine_->assets().List(Caller(tenant), params, answer.done());
    return answer.Wait();
  }
  static upstream::AssetReport AssetAtVendor(AssetState state = AssetState::kActive) {
    upstream::AssetReport report;
    report.id = "a";
    report.group_id = "g";
    report.display_name = "hero";
    report.media_type = model::MediaType::kImage;
    report.state = state;
    return report;
  }
};

TEST_F(AdoptionTest, AnUnknownGroupIsReadAtTheVendorOnceAndKept) {
  Start();
  own_.SetGroup({"g", "heroes", "all of them", absl::FromUnixSeconds(5), {}});
  const absl::StatusOr<model::AssetGroup> group = GetGroup(kOwnGroup);
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_EQ(group->display_name, "heroes");
  EXPECT_EQ(group->create_time, absl::FromUnixSeconds(5));
  EXPECT_TRUE(GetGroup(kOwnGroup).ok());
  EXPECT_EQ(own_.get_group.calls(), 1);
  EXPECT_EQ(ReasonOf(GetGroup({"own", "other"})), Reason::kResourceNotFound);
}

TEST_F(AdoptionTest, AnAccountThatOthersMayUseFromNowOnIsNobodysOwnUntilTheProcessEnds) {
  Start();
  own_.SetGroup({"g", "heroes", "all of them", absl::FromUnixSeconds(5), {}});
  const auto reconfigure = [&](std::vector<std::string> tenants, bool dedicated) {
    std::vector<engine::VendorAccounts::Config> accounts(1);
    accounts[0].upstream = own_.MakeUpstream();
    accounts[0].tenants = std::move(tenants);
    accounts[0].dedicated = dedicated;
    engine_->Reconfigure({}, std::move(accounts));
  };
  reconfigure({kTenant, kOther}, /*dedicated=*/false);
  EXPECT_EQ(ReasonOf(GetGroup(kOwnGroup, kOther)), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(GetGroup(kOwnGroup)), Reason::kResourceNotFound);
  EXPECT_EQ(own_.get_group.calls(), 0);
  reconfigure({kOther}, /*dedicated=*/true);
  EXPECT_EQ(ReasonOf(GetGroup(kOwnGroup, kOther)), Reason::kResourceNotFound) << "the other's calls may go on";
}

TEST_F(AdoptionTest, TheTypeOfAGroupIsTheVendorsWordAndIsLearnedLater) {
  Start();
  own_.SetGroup({"g", "heroes", "", {}, {}});
  EXPECT_EQ(GetGroup(kOwnGroup)->type, model::GroupType::kUnspecified);
  own_.SetGroup({"g", "heroes", "", {}, {}, model::GroupType::kLivenessFace});
  own_.SetGroup({"h", "others", "", {}, {}, model::GroupType::kAigc});
  engine::ListGroupsParams params;
  params.upstream = "own";
  params.read_upstream = true;
  params.type = model::GroupType::kLivenessFace;
  const auto page = ListGroups(params);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].handle, kOwnGroup);
  EXPECT_EQ(page->items[0].type, model::GroupType::kLivenessFace);
  EXPECT_EQ(ReasonOf(store_->GetGroup({"own", "h"})), Reason::kResourceNotFound) << "the vendor was asked for the type";
}

TEST_F(AdoptionTest, AGuessedTypeFillsAGapAndReplacesNothing) {
  Start();
  own_.SetGroup({"g", "heroes", "", {}, {}, model::GroupType::kLivenessFace});
  own_.SetGroup({"h", "others", "", {}, {}});
  ASSERT_TRUE(GetGroup(kOwnGroup).ok());
  ASSERT_TRUE(GetGroup({"own", "h"}).ok());
  // Listed for a type, but without a word about it.
  upstream::ReportPage<upstream::GroupReport> page;
  page.items = {{"g", "heroes", "", {}, {}}, {"h", "others", "", {}, {}}};
  own_.list_groups.Answer(page);
  engine::ListGroupsParams params;
  params.upstream = "own";
  params.read_upstream = true;
  params.type = model::GroupType::kAigc;
  ASSERT_TRUE(ListGroups(params).ok());
  EXPECT_EQ(store_->GetGroup(kOwnGroup)->type, model::GroupType::kLivenessFace);
  EXPECT_EQ(store_->GetGroup({"own", "h"})->type, model::GroupType::kAigc);
}

TEST_F(AdoptionTest, AnUnknownAssetIsAdoptedWithItsGroupAndFollowed) {
  Start();
  own_.SetAsset(AssetAtVendor(AssetState::kProcessing));
  own_.SetGroup({"g", "heroes", "", {}, {}});
  const absl::StatusOr<model::Asset> asset = GetAsset(kOwnAsset);
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->state, AssetState::kProcessing);
  EXPECT_EQ(asset->tenant, kTenant);
  EXPECT_EQ(store_->GetGroup(kOwnGroup)->display_name, "heroes");
  own_.SetAsset(AssetAtVendor(AssetState::kActive));
  EXPECT_TRUE(Reaches(kOwnAsset, AssetState::kActive, absl::Seconds(1)));
}

TEST_F(AdoptionTest, AGroupThatTheVendorNeverShowsIsKnownByItsIdAlone) {
  Start();
  own_.SetAsset(AssetAtVendor());
  ASSERT_TRUE(GetAsset(kOwnAsset).ok());
  EXPECT_EQ(store_->GetGroup(kOwnGroup)->display_name, "g");
}

TEST_F(AdoptionTest, WithSharedCredentialsTheStoreAloneDecides) {
  Start();
  vendor_.SetGroup({"g", "heroes", "", {}, {}});
  vendor_.SetAsset(AssetAtVendor());
  EXPECT_EQ(ReasonOf(GetGroup({"fake", "g"})), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(GetAsset({"fake", "a"})), Reason::kResourceNotFound);
  EXPECT_EQ(vendor_.get_group.calls() + vendor_.get_asset.calls(), 0);
}

TEST_F(AdoptionTest, DedicatedCredentialsAreNobodyElses) {
  Start();
  own_.SetAsset(AssetAtVendor());
  EXPECT_EQ(ReasonOf(GetAsset(kOwnAsset, kOther)), Reason::kResourceNotFound);
  EXPECT_EQ(own_.get_asset.calls(), 0);
}

TEST_F(AdoptionTest, WhatAnotherTenantStoredBeforeTheCredentialsWereDedicatedStaysHidden) {
  model::AssetGroup group;
  group.handle = kOwnGroup;
  group.tenant = kOther;
  ASSERT_TRUE(store_->PutGroup(group).ok());
  model::Asset asset;
  asset.handle = kOwnAsset;
  asset.group = kOwnGroup;
  asset.tenant = kOther;
  asset.state = AssetState::kActive;
  ASSERT_TRUE(store_->PutAsset(asset).ok());
  own_.SetGroup({"g", "heroes", "", {}, {}});
  own_.SetAsset(AssetAtVendor());
  Start();
  EXPECT_EQ(ReasonOf(GetGroup(kOwnGroup)), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(GetAsset(kOwnAsset)), Reason::kResourceNotFound);
}

TEST_F(AdoptionTest, AVendorThatCannotBeAskedIsNotAMissingResource) {
  Start();
  own_.get_asset.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  EXPECT_EQ(ReasonOf(GetAsset(kOwnAsset)), Reason::kUpstreamUnavailable);
}

TEST_F(AdoptionTest, AListThatReadsTheVendorAdoptsEveryPage) {
  Start();
  upstream::ReportPage<upstream::GroupReport> first;
  first.items = {{"one", "one", "", {}, {}}, {"two", "two", "", {}, {}}};
  first.more = true;
  own_.list_groups.Answer(first);
  own_.SetGroup({"three", "three", "", {}, {}});
  engine::ListGroupsParams params;
  params.upstream = "own";
  EXPECT_TRUE(ListGroups(params)->items.empty());
  params.read_upstream = true;
  EXPECT_EQ(ListGroups(params)->items.size(), 3u);
  EXPECT_EQ(own_.list_groups.calls(), 2);
  own_.SetGroup({"three", "renamed", "", {}, {}});
  EXPECT_TRUE(ListGroups(params).ok());
  EXPECT_EQ(store_->GetGroup({"own", "three"})->display_name, "renamed");
}

TEST_F(AdoptionTest, AVendorThatAlwaysSaysMoreIsReadOnlySoFar) {
  Start();
  upstream::ReportPage<upstream::GroupReport> page;
  page.more = true;
  for (int i = 0; i < 200; ++i) own_.list_groups.Answer(page);
  engine::ListGroupsParams params;
  params.upstream = "own";
  params.read_upstream = true;
  EXPECT_TRUE(ListGroups(params).ok());
  EXPECT_EQ(own_.list_groups.calls(), 100);
}

TEST_F(AdoptionTest, AListOfAssetsThatReadsTheVendorAdoptsThem) {
  Start();
  own_.SetAsset(AssetAtVendor());
  engine::ListAssetsParams params;
  params.read_upstream = true;
  params.groups = {kOwnGroup};
  const auto page = ListAssets(params);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].handle, kOwnAsset);
}

TEST_F(AdoptionTest, SharedCredentialsAreNotReadThrough) {
  Start();
  engine::ListGroupsParams groups;
  groups.upstream = "fake";
  groups.read_upstream = true;
  const absl::Status status = ListGroups(groups, kOther).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), Reason::kSharedCredentials);
  engine::ListAssetsParams assets;
  assets.read_upstream = true;
  EXPECT_EQ(ReasonOf(ListAssets(assets, kOther)), Reason::kSharedCredentials);
  EXPECT_EQ(vendor_.list_groups.calls() + vendor_.list_assets.calls(), 0);
}

TEST_F(AdoptionTest, WhatIsStoredMeanwhileIsNotReplaced) {
  Start();
  own_.SetGroup({"g", "heroes", "", {}, {}});
  own_.get_group.Close();
  Answer<model::AssetGroup> answer;
  engine_->groups().Get(Caller(), kOwnGroup, answer.done());
  ASSERT_TRUE(Eventually([&] { return own_.get_group.waiting() == 1; }));
  model::AssetGroup group;
  group.handle = kOwnGroup;
  group.tenant = kTenant;
  group.display_name = "heroes";
  group.description = "the caller's own words";
  ASSERT_TRUE(store_->PutGroup(group).ok());
  own_.get_group.Open();
  EXPECT_EQ(answer.Wait()->description, group.description);
  EXPECT_EQ(store_->GetGroup(kOwnGroup)->description, group.description);
}

// The vendor `own` has no groups, and drops assets that are not used for a week.
class FlatLibraryTest : public AdoptionTest {
 protected:
  FlatLibraryTest() {
    own_.profile().assets.groups = false;
    own_.profile().assets.rename = false;
    own_.profile().assets.library.idle_ttl = kWeek;
    Start();
  }
  static upstream::AssetReport Flat(const std::string& id) {
    upstream::AssetReport report = AssetAtVendor();
    report.id = id;
    report.group_id.clear();
    return report;
  }
  absl::Status ReadAll(std::vector<model::UpstreamHandle> groups = {}) {
    engine::ListAssetsParams params;
    params.read_upstream = true;
    params.groups = groups.empty() ? std::vector<model::UpstreamHandle>{kLibrary} : std::move(groups);
    return ListAssets(params).status();
  }

  const absl::Duration kWeek = absl::Hours(7 * 24);
  const model::UpstreamHandle kLibrary{"own", "library"};
};

TEST_F(FlatLibraryTest, AssetsOfAVendorWithoutGroupsGoIntoItsLibrary) {
  own_.SetAsset(Flat("a"));
  own_.SetAsset(Flat("b"));
  ASSERT_TRUE(ReadAll().ok());
  EXPECT_EQ(store_->GetGroup(kLibrary)->tenant, kTenant);
  EXPECT_EQ(store_->GetGroup(kLibrary)->display_name, "library");
  for (const char* id : {"a", "b"}) {
    const absl::StatusOr<model::Asset> asset = store_->GetAsset({"own", id});
    ASSERT_TRUE(asset.ok()) << asset.status();
    EXPECT_EQ(asset->group, kLibrary);
    EXPECT_EQ(asset->last_used_time, clock_.Now()) << "a list counts as a use";
    EXPECT_EQ(asset->expire_time, clock_.Now() + kWeek);
  }
  EXPECT_EQ(own_.get_group.calls() + own_.list_groups.calls(), 0);
}

TEST_F(FlatLibraryTest, TheLibraryIsMadeWhenItIsFirstNeeded) {
  EXPECT_EQ(ReasonOf(GetGroup(kLibrary)), Reason::kResourceNotFound);
  own_.SetAsset(Flat("a"));
  ASSERT_TRUE(GetAsset(kOwnAsset).ok());
  EXPECT_TRUE(GetGroup(kLibrary).ok());
}

TEST_F(FlatLibraryTest, ALibraryThatWasRenamedKeepsItsName) {
  own_.SetAsset(Flat("a"));
  ASSERT_TRUE(ReadAll().ok());
  Answer<model::AssetGroup> renamed;
  engine_->groups().Update(Caller(), {kLibrary, "mine", std::nullopt}, renamed.done());
  ASSERT_TRUE(renamed.Wait().ok());
  own_.SetAsset(Flat("b"));
  ASSERT_TRUE(ReadAll().ok());
  EXPECT_EQ(store_->GetGroup(kLibrary)->display_name, "mine");
}

TEST_F(FlatLibraryTest, AnAdoptedAssetExpiresWithoutAUse) {
  own_.SetAsset(Flat("a"));
  ASSERT_TRUE(GetAsset(kOwnAsset).ok());
  clock_.Advance(kWeek);
  EXPECT_TRUE(Reaches(kOwnAsset, AssetState::kExpired));
}

TEST_F(FlatLibraryTest, AnAssetThatWasCreatedAgainIsKnownByItsPresentIdAndNotAdoptedTwice) {
  model::Asset asset;
  asset.handle = {"own", "first"};
  asset.vendor_id = "second";
  asset.tenant = kTenant;
  asset.group = kLibrary;
  asset.display_name = "mine";
  asset.state = AssetState::kExpired;
  ASSERT_TRUE(store_->PutAsset(asset).ok());
  own_.SetAsset(Flat("second"));
  ASSERT_TRUE(ReadAll().ok());
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset({"own", "second"}).status()));
  EXPECT_EQ(store_->GetAsset(asset.handle)->state, AssetState::kActive);
  EXPECT_EQ(store_->GetAsset(asset.handle)->display_name, "mine");
  EXPECT_EQ(ReasonOf(GetAsset({"own", "second"})), Reason::kResourceNotFound);
}

TEST_F(FlatLibraryTest, AnAssetWithoutANameHasItsId) {
  upstream::AssetReport report = Flat("a");
  report.display_name.clear();
  own_.SetAsset(report);
  EXPECT_EQ(GetAsset(kOwnAsset)->display_name, "a");
}

}  // namespace
}  // namespace seedance::testing
