#include "service/engine/adoption.h"

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

}  // namespace
}  // namespace seedance::testing
