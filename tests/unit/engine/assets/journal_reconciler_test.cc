// Groups and assets whose answer was lost: found at the vendor, or in doubt for ever, and never paid twice.
#include "service/engine/assets/journal_reconciler.h"

#include "tests/unit/engine/assets/creation_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

class JournalReconcilerTest : public CreationTest {
 protected:
  static engine::CreateGroupParams Group(const std::string& name = "heroes", int number = 0) {
    engine::CreateGroupParams params;
    params.upstream = "fake";
    params.display_name = name;
    params.description = "cast";
    params.request_id = Uuid(number);
    return params;
  }

  // The vendor has made it, whoever asked.
  void Make(const std::string& id, const std::string& name, absl::Duration age = absl::ZeroDuration()) {
    vendor_.SetGroup({id, name, "", clock_.Now() - age, {}});
  }
  void MakeAsset(const std::string& id, const std::string& name, const std::string& group = "g") {
    upstream::AssetReport report;
    report.id = id;
    report.group_id = group;
    report.display_name = name;
    report.media_type = model::MediaType::kImage;
    report.state = AssetState::kActive;
    report.create_time = clock_.Now();
    vendor_.SetAsset(report);
  }

  // Creates, and the answer is lost.
  void Lose(const engine::CreateGroupParams& params) {
    vendor_.create_group.Answer(Lost());
    EXPECT_EQ(ReasonOf(CreateGroup(params)), Reason::kOutcomeUnknown);
  }
  void Lose(const engine::CreateAssetParams& params) {
    vendor_.create_asset.Answer(Lost());
    EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kOutcomeUnknown);
  }

  model::JournalState RowOf(int number, const std::string& method = "CreateAssetGroup") {
    return (*store_->GetEntry({kTenant, method, Uuid(number)}))->state;
  }
};

TEST_F(JournalReconcilerTest, RepeatingTheRequestFindsTheGroup) {
  Start();
  Make("old", "heroes", absl::Hours(1));
  Make("other", "villains");
  Lose(Group());
  Make("lost", "heroes");
  const absl::StatusOr<model::AssetGroup> found = CreateGroup(Group());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->handle, (model::UpstreamHandle{"fake", "lost"}));
  EXPECT_EQ(found->tenant, kTenant);
  EXPECT_EQ(found->description, "cast");
  EXPECT_EQ(found->create_time, clock_.Now());
  EXPECT_EQ(RowOf(0), model::JournalState::kDone);
  EXPECT_EQ(CreateGroup(Group())->handle.id, "lost");
  EXPECT_EQ(vendor_.create_group.calls(), 1);
  EXPECT_EQ(vendor_.list_groups.calls(), 1) << "once settled nobody looks again";
}

TEST_F(JournalReconcilerTest, AnotherRequestUnderTheIdOfADoubtfulCallIsRefusedUnlooked) {
  Start();
  Lose(Group());
  Make("lost", "heroes");
  engine::CreateGroupParams other = Group("villains");
  EXPECT_EQ(ReasonOf(CreateGroup(other)), Reason::kRequestIdReused);
  EXPECT_EQ(vendor_.list_groups.calls(), 0);
}

TEST_F(JournalReconcilerTest, CallersOfOneIdShareOneLook) {
  Start();
  Lose(Group());
  Make("lost", "heroes");
  vendor_.list_groups.Close();
  std::vector<Answer<model::AssetGroup>> answers(5);
  for (const auto& answer : answers) engine_->groups().Create(Caller(), Group(), answer.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.list_groups.waiting() == 1; }));
  vendor_.list_groups.Open();
  for (const auto& answer : answers) EXPECT_EQ(answer.Wait()->handle.id, "lost");
  EXPECT_EQ(vendor_.list_groups.calls(), 1);
}

TEST_F(JournalReconcilerTest, TheGroupIsFoundByItselfAlthoughTheVendorShowsItLate) {
  Start();
  Lose(Group());
  // The look is planned after the caller has its answer: at some moment of this.
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return vendor_.list_groups.calls() >= 1;
  }));
  Make("lost", "heroes", absl::Seconds(2));
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return store_->GetGroup({"fake", "lost"}).ok();
  }));
  EXPECT_EQ(RowOf(0), model::JournalState::kDone);
  EXPECT_EQ(vendor_.create_group.calls(), 1);
}

TEST_F(JournalReconcilerTest, TriesEndAndTheDoubtStays) {
  Start();
  Lose(Group());
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Minutes(30));
    return vendor_.list_groups.calls() >= 6;
  }));
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(RowOf(0), model::JournalState::kInDoubt);
  EXPECT_EQ(ReasonOf(CreateGroup(Group())), Reason::kOutcomeUnknown);
  EXPECT_LE(vendor_.list_groups.calls(), 7) << "six by itself, and one for the caller";
  EXPECT_EQ(vendor_.create_group.calls(), 1);
}

TEST_F(JournalReconcilerTest, AfterACrashTheGroupIsFoundByItself) {
  Start();
  vendor_.create_group.Close();
  Answer<model::AssetGroup> dying;
  engine_->groups().Create(Caller(), Group(), dying.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_group.waiting() == 1; }));
  Make("lost", "heroes");
  Restart();
  ASSERT_TRUE(Eventually([&] { return store_->GetGroup({"fake", "lost"}).ok(); }));
  EXPECT_EQ(CreateGroup(Group())->handle.id, "lost");
  vendor_.create_group.Open();
  EXPECT_EQ(vendor_.create_group.calls(), 1);
}

TEST_F(JournalReconcilerTest, TwoThatFitLeaveTheDoubt) {
  Start();
  Lose(Group());
  Make("one", "heroes");
  Make("two", "heroes");
  EXPECT_EQ(ReasonOf(CreateGroup(Group())), Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_group.calls(), 1);
}

TEST_F(JournalReconcilerTest, WhatTheStoreHasIsNotTaken) {
  Start();
  vendor_.create_group.Answer(Accepted("known"));
  ASSERT_TRUE(CreateGroup(Group("heroes", 1)).ok());
  Make("known", "heroes");
  Lose(Group());
  EXPECT_EQ(ReasonOf(CreateGroup(Group())), Reason::kOutcomeUnknown);
  Make("lost", "heroes");
  EXPECT_EQ(CreateGroup(Group())->handle.id, "lost");
}

TEST_F(JournalReconcilerTest, NoTimeIsNoReasonAgainstWhatTheStoreDoesNotHave) {
  Start();
  Lose(Group());
  vendor_.SetGroup({"timeless", "heroes", "", {}, {}});
  EXPECT_EQ(CreateGroup(Group())->handle.id, "timeless");
}

TEST_F(JournalReconcilerTest, WhatWasMadeLongAfterTheDoubtIsAnothers) {
  Start();
  Lose(Group());
  clock_.Advance(absl::Hours(2));
  Make("later", "heroes");
  EXPECT_EQ(ReasonOf(CreateGroup(Group())), Reason::kOutcomeUnknown);
}

TEST_F(JournalReconcilerTest, OfTwoDoubtfulCallsThatFitEquallyNoneIsSettled) {
  Start();
  Lose(Group("heroes", 1));
  Lose(Group("heroes", 2));
  Make("lost", "heroes");
  EXPECT_EQ(ReasonOf(CreateGroup(Group("heroes", 1))), Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(CreateGroup(Group("heroes", 2))), Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_group.calls(), 2);
}

TEST_F(JournalReconcilerTest, WhatACallUnderWayMayHaveMadeIsLeftToIt) {
  Start();
  Lose(Group("heroes", 1));
  vendor_.create_group.Close();
  Answer<model::AssetGroup> under_way;
  engine_->groups().Create(Caller(), Group("heroes", 2), under_way.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_group.waiting() == 1; }));
  Make("second", "heroes");
  EXPECT_EQ(ReasonOf(CreateGroup(Group("heroes", 1))), Reason::kOutcomeUnknown);
  vendor_.create_group.Answer(Accepted("second"));
  vendor_.create_group.Open();
  ASSERT_EQ(under_way.Wait()->handle.id, "second");
  EXPECT_EQ(ReasonOf(CreateGroup(Group("heroes", 1))), Reason::kOutcomeUnknown) << "it is the other call's";
}

TEST_F(JournalReconcilerTest, AnEndThatWasNotWrittenIsFoundAgain) {
  Start();
  store_->failing_finishes = 100;
  EXPECT_EQ(ReasonOf(CreateGroup(Group())), Reason::kOutcomeUnknown);
  store_->failing_finishes = 0;
  // The vendor did make it.
  EXPECT_EQ(CreateGroup(Group())->display_name, "heroes");
  EXPECT_EQ(vendor_.create_group.calls(), 1);
}

TEST_F(JournalReconcilerTest, AVendorThatCannotBeAskedLeavesTheDoubt) {
  Start();
  Lose(Group());
  Make("lost", "heroes");
  vendor_.list_groups.Answer(Failure(Reason::kUpstreamUnavailable, "down"));
  EXPECT_EQ(ReasonOf(CreateGroup(Group())), Reason::kOutcomeUnknown);
  EXPECT_EQ(CreateGroup(Group())->handle.id, "lost");
}

TEST_F(JournalReconcilerTest, ARowOfAnOlderVersionIsReadFromItsFingerprint) {
  Start();
  Lose(Group());
  model::JournalEntry row = **store_->GetEntry({kTenant, "CreateAssetGroup", Uuid(0)});
  row.key.request_id = Uuid(7);
  row.group.reset();
  ASSERT_TRUE(store_->BeginEntry(row, nullptr).ok());
  // The two are each other's rivals, although one says less.
  Make("lost", "heroes");
  EXPECT_EQ(ReasonOf(CreateGroup(Group("heroes", 7))), Reason::kOutcomeUnknown);
  row.key.request_id = Uuid(8);
  row.fingerprint[1].second = "sidekicks";
  ASSERT_TRUE(store_->BeginEntry(row, nullptr).ok());
  Make("sidekicks", "sidekicks");
  EXPECT_EQ(CreateGroup(Group("sidekicks", 8))->handle.id, "sidekicks");
}

TEST_F(JournalReconcilerTest, AGroupThatOnlyTheStoreKeepsIsMadeAfterACrash) {
  vendor_.profile().assets.groups = false;
  Start();
  store_->failing_finishes = 100;
  EXPECT_EQ(ReasonOf(CreateGroup(Group())), Reason::kOutcomeUnknown);
  store_->failing_finishes = 0;
  const absl::StatusOr<model::AssetGroup> group = CreateGroup(Group());
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_EQ(CreateGroup(Group())->handle, group->handle);
  EXPECT_EQ(vendor_.create_group.calls() + vendor_.list_groups.calls(), 0);
}

TEST_F(JournalReconcilerTest, RepeatingTheRequestFindsTheAssetOfItsGroup) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  engine::CreateAssetParams params = GoodAsset(group, "hero");
  params.request_id = Uuid(0);
  Lose(params);
  MakeAsset("elsewhere", "hero", "another-group");
  MakeAsset("other", "villain");
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kOutcomeUnknown);
  MakeAsset("lost", "hero");
  const absl::StatusOr<model::Asset> found = CreateAsset(params);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->handle.id, "lost");
  EXPECT_EQ(found->group, group);
  EXPECT_EQ(found->tenant, kTenant);
  EXPECT_EQ(store_->GetAsset(found->handle)->source_uri, params.uri);
  EXPECT_TRUE(Reaches(found->handle, AssetState::kActive, absl::Seconds(1))) << "it is followed";
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(JournalReconcilerTest, AtAVendorWithoutGroupsTheNameDecides) {
  vendor_.profile().assets.groups = false;
  Start();
  const model::UpstreamHandle group = OldGroup();
  engine::CreateAssetParams params = GoodAsset(group, "hero");
  params.request_id = Uuid(0);
  Lose(params);
  MakeAsset("lost", "hero", "");
  EXPECT_EQ(CreateAsset(params)->group, group);
  EXPECT_EQ(CreateAsset(params)->handle.id, "lost");
}

TEST_F(JournalReconcilerTest, WhatTheVendorCallsARecreatedAssetIsKnown) {
  Start();
  const model::UpstreamHandle old = StoredAsset("hero-1");
  ASSERT_TRUE(store_
                  ->UpdateAsset(old,
                                [](model::Asset& edited) {
                                  edited.vendor_id = "renewed";
                                  edited.display_name = "another";
                                  return absl::OkStatus();
                                })
                  .ok());
  engine::CreateAssetParams params = GoodAsset({"fake", "g"}, "hero");
  params.request_id = Uuid(0);
  Lose(params);
  MakeAsset("renewed", "hero");
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kOutcomeUnknown);
}

TEST_F(JournalReconcilerTest, ContentInDoubtIsNotCreatedAgainForReuse) {
  Start();
  engine::CreateAssetParams params = Inline(OldGroup(), Png());
  params.reuse_content = true;
  params.request_id = Uuid(0);
  Lose(params);
  const engine::CreateAssetParams twin = TwinOf(params);
  EXPECT_EQ(ReasonOf(CreateAsset(twin)), Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_FALSE(store_->GetEntry({kTenant, "CreateAsset", Uuid(1)})->has_value()) << "nothing was sent for it";
  MakeAsset("lost", "hero");
  ASSERT_EQ(CreateAsset(params)->handle.id, "lost");
  const absl::StatusOr<model::Asset> reused = CreateAsset(twin);
  ASSERT_TRUE(reused.ok()) << reused.status();
  EXPECT_EQ(reused->handle.id, "lost");
  EXPECT_TRUE(reused->reused);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

}  // namespace
}  // namespace seedance::testing
