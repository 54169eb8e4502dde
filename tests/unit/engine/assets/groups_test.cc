#include "service/engine/assets/groups.h"

#include <thread>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

class GroupsTest : public EngineTest {
 protected:
  static engine::CreateGroupParams Heroes() {
    engine::CreateGroupParams params;
    params.upstream = "fake";
    params.display_name = "heroes";
    params.request_id = kRequestId;
    return params;
  }
  absl::Status Delete(const engine::DeleteGroupParams& params, const std::string& tenant = kTenant) {
    Answer<engine::Nothing> answer;
    engine_->groups().Delete(Caller(tenant), params, answer.done());
    return answer.Wait().status();
  }
  absl::StatusOr<model::AssetGroup> Update(const engine::UpdateGroupParams& params,
                                           const std::string& tenant = kTenant) {
    Answer<model::AssetGroup> answer;
    engine_->groups().Update(Caller(tenant), params, answer.done());
    return answer.Wait();
  }
};

TEST_F(GroupsTest, AHundredCreatesWithOneRequestIdAreOneGroup) {
  Start();
  constexpr int kCallers = 100;
  std::vector<absl::StatusOr<model::AssetGroup>> answers(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] { answers[i] = CreateGroup(Heroes()); });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->handle, answers[0]->handle);
  }
  EXPECT_EQ(vendor_.create_group.calls(), 1);
}

TEST_F(GroupsTest, ValidationAloneStoresAndSendsNothing) {
  Start();
  engine::CreateGroupParams params = Heroes();
  params.validate_only = true;
  EXPECT_EQ(CreateGroup(params)->handle, (model::UpstreamHandle{"fake", ""}));
  EXPECT_EQ(CreateGroup(params)->creation, model::CallCost{});
  EXPECT_EQ(vendor_.create_group.calls(), 0);
}

TEST_F(GroupsTest, TheTypeIsSentStoredAndFilteredBy) {
  Start();
  engine::CreateGroupParams params = Heroes();
  params.type = model::GroupType::kLivenessFace;
  const absl::StatusOr<model::AssetGroup> face = CreateGroup(params);
  ASSERT_TRUE(face.ok()) << face.status();
  EXPECT_EQ(face->type, model::GroupType::kLivenessFace);
  EXPECT_EQ(store_->GetGroup(face->handle)->type, model::GroupType::kLivenessFace);
  params = Heroes();
  params.request_id.clear();
  const absl::StatusOr<model::AssetGroup> plain = CreateGroup(params);
  EXPECT_EQ(plain->type, model::GroupType::kAigc);
  EXPECT_EQ(vendor_.MakeUpstream()->groups()->GetGroup({}, plain->handle.id)->type, model::GroupType::kAigc)
      << "some keys demand that the default is said";
  const auto listed = [&](model::GroupType type) {
    engine::ListGroupsParams params_of_list;
    params_of_list.type = type;
    Answer<model::Page<model::AssetGroup>> page;
    engine_->groups().List(Caller(), params_of_list, page.done());
    return page.Wait()->items;
  };
  EXPECT_EQ(listed(model::GroupType::kLivenessFace).at(0).handle, face->handle);
  EXPECT_EQ(listed(model::GroupType::kAigc).at(0).handle, plain->handle);
  EXPECT_EQ(listed(model::GroupType::kUnspecified).size(), 2u);
}

TEST_F(GroupsTest, AnotherTypeIsAnotherRequest) {
  Start();
  engine::CreateGroupParams params = Heroes();
  params.request_id = kRequestId;
  ASSERT_TRUE(CreateGroup(params).ok());
  params.type = model::GroupType::kAigc;
  EXPECT_TRUE(CreateGroup(params).ok()) << "the default spelled out";
  params.type = model::GroupType::kLivenessFace;
  const absl::Status status = CreateGroup(params).status();
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "asset_group.group_type");
}

TEST_F(GroupsTest, ValidationSaysWhatTheCreationCosts) {
  vendor_.profile().assets.billing.group = "volc-asset";
  vendor_.profile().assets.price = model::AssetPrice{"USD", {{"volc-asset", 0.5}}};
  Start();
  engine::CreateGroupParams params = Heroes();
  params.validate_only = true;
  EXPECT_EQ(CreateGroup(params)->creation, (model::CallCost{"volc-asset", {"USD", 500'000}}));
  params.validate_only = false;
  EXPECT_EQ(CreateGroup(params)->creation, model::CallCost{});
}

TEST_F(GroupsTest, WithoutAnUpstreamTheTenantsFirstIsTaken) {
  Start();
  engine::CreateGroupParams params = Heroes();
  params.upstream.clear();
  EXPECT_EQ(CreateGroup(params)->handle.upstream, "fake");
  params.upstream = "own";
  EXPECT_EQ(ReasonOf(CreateGroup(params, kOther)), Reason::kInvalidInput);
}

TEST_F(GroupsTest, AnUpdateIsMadeAtTheVendorFirst) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.update_group.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  EXPECT_EQ(ReasonOf(Update({group, "new", "text"})), Reason::kUpstreamUnavailable);
  EXPECT_EQ(store_->GetGroup(group)->display_name, "g");
  EXPECT_EQ(Update({group, "new", "text"})->description, "text");
  EXPECT_EQ(store_->GetGroup(group)->display_name, "new");
  EXPECT_EQ(vendor_.update_group.calls(), 2);
  // The vendor knows no descriptions to change.
  EXPECT_TRUE(Update({group, std::nullopt, "another"}).ok());
  EXPECT_EQ(vendor_.update_group.calls(), 2);
}

TEST_F(GroupsTest, AGroupWithAssetsThatOnlyTheVendorKnowsIsNotDeletedWithoutForce) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  ASSERT_TRUE(store_->DeleteAsset(asset).ok());
  upstream::AssetReport report;
  report.id = "made-elsewhere";
  report.group_id = "g";
  vendor_.SetAsset(report);
  EXPECT_EQ(ReasonOf(Delete({{"fake", "g"}, false, false})), Reason::kGroupNotEmpty);
  EXPECT_EQ(vendor_.delete_group.calls(), 0);
}

TEST_F(GroupsTest, AGroupWhoseStoredTypeIsUnknownOrWrongIsNotTakenForEmpty) {
  Start();
  upstream::AssetReport report;
  report.id = "face";
  report.group_id = "faces";
  vendor_.SetAsset(report);
  vendor_.SetGroup({"faces", "faces", "", {}, {}, model::GroupType::kLivenessFace});
  for (const model::GroupType stored : {model::GroupType::kUnspecified, model::GroupType::kAigc}) {
    model::AssetGroup group;
    group.handle = {"fake", "faces"};
    group.tenant = kTenant;
    group.type = stored;
    ASSERT_TRUE(store_->PutGroup(group).ok());
    EXPECT_EQ(ReasonOf(Delete({group.handle, false, false})), Reason::kGroupNotEmpty);
  }
  EXPECT_EQ(vendor_.delete_group.calls(), 0);
}

TEST_F(GroupsTest, AGroupIsLookedForOnEveryPageOfTheVendorsList) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  upstream::ReportPage<upstream::AssetReport> others;
  others.items.resize(1);
  others.items[0].id = "other";
  others.items[0].group_id = "another-group";
  others.more = true;
  vendor_.list_assets.Answer(others);
  upstream::AssetReport report;
  report.id = "made-elsewhere";
  report.group_id = group.id;
  vendor_.SetAsset(report);
  EXPECT_EQ(ReasonOf(Delete({group, false, false})), Reason::kGroupNotEmpty);
  vendor_.ForgetAsset(report.id);
  for (int i = 0; i < 200; ++i) vendor_.list_assets.Answer(others);
  EXPECT_EQ(ReasonOf(Delete({group, false, false})), Reason::kGroupNotEmpty) << "emptiness was not seen";
  EXPECT_EQ(vendor_.delete_group.calls(), 0);
}

TEST_F(GroupsTest, AGroupThatHoldsAssetsIsDeletedOnlyByForceAndItsReadersAreTold) {
  Start();
  const model::UpstreamHandle asset = StoredAsset("a");
  const model::UpstreamHandle group{"fake", "g"};
  Answer<engine::WatchStart<model::Asset>> watch;
  engine_->assets().Watch(
      Caller(), asset, "", [] {}, watch.done());
  const absl::Status refused = Delete({group, false, false});
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), Reason::kGroupNotEmpty);
  EXPECT_EQ(vendor_.delete_group.calls(), 0);
  EXPECT_TRUE(Delete({group, true, false}).ok());
  EXPECT_EQ(vendor_.delete_group.calls(), 1);
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset(asset).status()));
  EXPECT_TRUE(watch.Wait()->session->gone());
}

TEST_F(GroupsTest, AMissingGroupIsAnErrorUnlessItIsAllowed) {
  Start();
  for (const model::UpstreamHandle& missing :
       {model::UpstreamHandle{"fake", "x"}, {"own", "x"}, {"nowhere", "x"}, OldGroup("foreign", kOther)}) {
    EXPECT_EQ(ReasonOf(Delete({missing, false, false})), Reason::kResourceNotFound) << missing.upstream;
    EXPECT_TRUE(Delete({missing, true, true}).ok()) << missing.upstream;
  }
  EXPECT_TRUE(store_->GetGroup({"fake", "foreign"}).ok());
  EXPECT_EQ(vendor_.delete_group.calls(), 0);
}

TEST_F(GroupsTest, AGroupThatIsGoneAtTheVendorIsDeletedHere) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.delete_group.Answer(base::ResourceNotFound("vendor", "g"));
  EXPECT_TRUE(Delete({group, false, false}).ok());
  EXPECT_TRUE(absl::IsNotFound(store_->GetGroup(group).status()));
}

TEST_F(GroupsTest, AGroupThatTheVendorKeepsIsKeptHere) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.delete_group.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  EXPECT_EQ(ReasonOf(Delete({group, false, true})), Reason::kUpstreamUnavailable);
  EXPECT_TRUE(store_->GetGroup(group).ok());
}

TEST_F(GroupsTest, AForeignGroupDoesNotExist) {
  Start();
  const model::UpstreamHandle group = OldGroup("g", kOther);
  EXPECT_EQ(ReasonOf(Update({group, "new", std::nullopt})), Reason::kResourceNotFound);
  Answer<model::AssetGroup> answer;
  engine_->groups().Get(Caller(), group, answer.done());
  EXPECT_EQ(ReasonOf(answer.Wait()), Reason::kResourceNotFound);
}

TEST_F(GroupsTest, AnUpdateLosesNothingThatAnotherChangedMeanwhile) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.update_group.Close();
  Answer<model::AssetGroup> renamed;
  engine_->groups().Update(Caller(), {group, "new", std::nullopt}, renamed.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.update_group.waiting() == 1; }));
  EXPECT_TRUE(Update({group, std::nullopt, "text"}).ok());
  vendor_.update_group.Open();
  EXPECT_EQ(renamed.Wait()->description, "text");
  EXPECT_EQ(store_->GetGroup(group)->display_name, "new");
  EXPECT_EQ(store_->GetGroup(group)->description, "text");
}

TEST_F(GroupsTest, AGroupThatIsDeletedDuringAnUpdateStaysDeleted) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.update_group.Close();
  Answer<model::AssetGroup> renamed;
  engine_->groups().Update(Caller(), {group, "new", std::nullopt}, renamed.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.update_group.waiting() == 1; }));
  ASSERT_TRUE(store_->DeleteGroup(group).ok());
  vendor_.update_group.Open();
  EXPECT_EQ(ReasonOf(renamed.Wait()), Reason::kResourceNotFound);
  EXPECT_TRUE(absl::IsNotFound(store_->GetGroup(group).status()));
}

// At a vendor that has no groups.
class EmulatedGroupsTest : public GroupsTest {
 protected:
  EmulatedGroupsTest() {
    vendor_.profile().assets.groups = own_.profile().assets.groups = false;
    vendor_.profile().assets.rename = own_.profile().assets.rename = false;
    Start();
  }
  ~EmulatedGroupsTest() override {
    for (FakeVendor* vendor : {&vendor_, &own_}) {
      EXPECT_EQ(vendor->create_group.calls() + vendor->get_group.calls() + vendor->list_groups.calls() +
                    vendor->update_group.calls() + vendor->delete_group.calls(),
                0);
    }
  }
  model::UpstreamHandle NewAsset(const model::UpstreamHandle& group, const std::string& id,
                                 const std::string& vendor_id = "") {
    model::Asset asset;
    asset.handle = {"fake", id};
    asset.tenant = kTenant;
    asset.group = group;
    asset.state = AssetState::kActive;
    asset.vendor_id = vendor_id;
    EXPECT_TRUE(store_->PutAsset(asset).ok());
    upstream::AssetReport report;
    report.id = asset.upstream_id();
    vendor_.SetAsset(report);
    return asset.handle;
  }
};

TEST_F(EmulatedGroupsTest, AGroupIsMadeInTheStoreAloneAndOncePerRequestId) {
  const absl::StatusOr<model::AssetGroup> group = CreateGroup(Heroes());
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_THAT(group->handle.id, ::testing::StartsWith("group-"));
  EXPECT_EQ(group->handle.id.size(), 6u + 36u);
  EXPECT_EQ(group->display_name, "heroes");
  EXPECT_EQ(store_->GetGroup(group->handle)->tenant, kTenant);
  EXPECT_EQ(CreateGroup(Heroes())->handle, group->handle);
  engine::CreateGroupParams other = Heroes();
  other.display_name = "villains";
  EXPECT_EQ(ReasonOf(CreateGroup(other)), Reason::kRequestIdReused);
}

TEST_F(EmulatedGroupsTest, AGroupIsRenamedAndDescribedInTheStoreAlone) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  EXPECT_TRUE(Update({group, "new", "text"}).ok());
  EXPECT_EQ(store_->GetGroup(group)->display_name, "new");
  EXPECT_EQ(store_->GetGroup(group)->description, "text");
}

TEST_F(EmulatedGroupsTest, AnUnknownGroupIsNowhereElse) {
  Answer<model::AssetGroup> answer;
  engine_->groups().Get(Caller(), {"own", "g"}, answer.done());
  EXPECT_EQ(ReasonOf(answer.Wait()), Reason::kResourceNotFound);
  engine::ListGroupsParams params;
  params.upstream = "own";
  params.read_upstream = true;
  Answer<model::Page<model::AssetGroup>> page;
  engine_->groups().List(Caller(), params, page.done());
  EXPECT_TRUE(page.Wait()->items.empty());
}

TEST_F(EmulatedGroupsTest, AnEmptyGroupIsDeletedInTheStoreAlone) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  EXPECT_TRUE(Delete({group, false, false}).ok());
  EXPECT_TRUE(absl::IsNotFound(store_->GetGroup(group).status()));
}

TEST_F(EmulatedGroupsTest, ForceDeletesEachAssetAtTheVendorByItsPresentId) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  const model::UpstreamHandle first = NewAsset(group, "a");
  const model::UpstreamHandle second = NewAsset(group, "b", "b-2");
  const model::UpstreamHandle elsewhere = NewAsset({"fake", "other"}, "c");
  EXPECT_EQ(ReasonOf(Delete({group, false, false})), Reason::kGroupNotEmpty);
  EXPECT_EQ(vendor_.delete_asset.calls(), 0);
  EXPECT_TRUE(Delete({group, true, false}).ok());
  EXPECT_EQ(vendor_.delete_asset.calls(), 2);
  EXPECT_TRUE(absl::IsNotFound(store_->GetGroup(group).status()));
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset(first).status()));
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset(second).status()));
  EXPECT_TRUE(store_->GetAsset(elsewhere).ok());
  const auto upstream = vendor_.MakeUpstream();
  EXPECT_TRUE(absl::IsNotFound(upstream->assets().GetAsset({}, "b-2").status()));
}

TEST_F(EmulatedGroupsTest, WhatTheVendorTakesDuringADeletionIsNeitherForgottenNorKept) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  NewAsset(group, "a");
  vendor_.delete_asset.Close();
  Answer<engine::Nothing> deleted;
  engine_->groups().Delete(Caller(), {group, true, false}, deleted.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.delete_asset.waiting() == 1; }));
  const model::UpstreamHandle late = NewAsset(group, "late");
  vendor_.delete_asset.Open();
  EXPECT_TRUE(deleted.Wait().ok());
  EXPECT_EQ(vendor_.delete_asset.calls(), 2) << "the late one is deleted at the vendor too";
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset(late).status()));
  EXPECT_TRUE(absl::IsNotFound(store_->GetGroup(group).status()));
}

TEST_F(EmulatedGroupsTest, AGroupIntoWhichSomethingCameIsNotDeletedWithoutForce) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  const model::UpstreamHandle asset = NewAsset(group, "a");
  EXPECT_EQ(ReasonOf(Delete({group, false, false})), Reason::kGroupNotEmpty);
  EXPECT_TRUE(store_->GetAsset(asset).ok());
  EXPECT_TRUE(store_->GetGroup(group).ok());
}

TEST_F(EmulatedGroupsTest, AnAssetThatIsCreatedAgainDuringItsDeletionIsDeletedUnderItsNewIdToo) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  const model::UpstreamHandle asset = NewAsset(group, "a");
  vendor_.delete_asset.Close();
  Answer<engine::Nothing> deleted;
  engine_->assets().Delete(Caller(), asset, false, deleted.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.delete_asset.waiting() == 1; }));
  NewAsset(group, "a", "a-2");
  vendor_.delete_asset.Open();
  EXPECT_TRUE(deleted.Wait().ok());
  EXPECT_EQ(vendor_.delete_asset.calls(), 2);
  EXPECT_TRUE(absl::IsNotFound(store_->GetAsset(asset).status()));
  const auto upstream = vendor_.MakeUpstream();
  EXPECT_TRUE(absl::IsNotFound(upstream->assets().GetAsset({}, "a-2").status()));
}

TEST_F(EmulatedGroupsTest, AssetsThatAreGoneAtTheVendorStopNoDeletion) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  NewAsset(group, "a");
  vendor_.delete_asset.Answer(base::ResourceNotFound("vendor", "a"));
  EXPECT_TRUE(Delete({group, true, false}).ok());
}

TEST_F(EmulatedGroupsTest, ADeletionThatBreaksOffKeepsTheGroupAndWhatIsStillThere) {
  const model::UpstreamHandle group = CreateGroup(Heroes())->handle;
  NewAsset(group, "a");
  NewAsset(group, "b");
  vendor_.delete_asset.Answer(absl::OkStatus());
  vendor_.delete_asset.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  EXPECT_EQ(ReasonOf(Delete({group, true, false})), Reason::kUpstreamUnavailable);
  EXPECT_TRUE(store_->GetGroup(group).ok());
  store::Store::AssetFilter filter;
  filter.tenant = kTenant;
  EXPECT_EQ(store_->ListAssets(filter, {}, 10)->items.size(), 1u);
  EXPECT_TRUE(Delete({group, true, false}).ok());
}

}  // namespace
}  // namespace seedance::testing
