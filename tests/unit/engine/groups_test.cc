#include "service/engine/groups.h"

#include <thread>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;

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
  EXPECT_EQ(vendor_.create_group.calls(), 0);
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

}  // namespace
}  // namespace seedance::testing
