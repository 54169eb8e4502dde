// Creations of groups and assets in doubt: listed, settled by a person, and those of EXPIRED assets found at the
// vendor.
#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "service/engine/assets/journal_reconciler.h"
#include "service/engine/journal/journal_errors.h"
#include "tests/unit/engine/assets/creation_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using engine::ReconcileCreationParams;
using engine::ReconciledCreation;
using model::AssetState;
using model::JournalState;

class CreationsTest : public CreationTest {
 protected:
  absl::StatusOr<model::Page<model::JournalEntry>> List(const engine::ListCreationsParams& params = {},
                                                        const std::string& tenant = kTenant) {
    Answer<model::Page<model::JournalEntry>> answer;
    engine_->creations().List(Caller(tenant), params, answer.done());
    return answer.Wait();
  }
  absl::StatusOr<ReconciledCreation> Settle(const ReconcileCreationParams& params,
                                            const std::string& tenant = kTenant) {
    Answer<ReconciledCreation> answer;
    engine_->creations().Reconcile(Caller(tenant), params, answer.done());
    return answer.Wait();
  }

  engine::CreateAssetParams Asset(const std::string& name, int number = 0) {
    engine::CreateAssetParams params = GoodAsset(OldGroup(), name);
    params.request_id = Uuid(number);
    return params;
  }
  void LoseAsset(const engine::CreateAssetParams& params) {
    vendor_.create_asset.Answer(Lost());
    EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kOutcomeUnknown);
  }
  void LoseGroup(const std::string& name, int number, const std::string& tenant = kTenant) {
    engine::CreateGroupParams params;
    params.upstream = "fake";
    params.display_name = name;
    params.request_id = Uuid(number);
    vendor_.create_group.Answer(Lost());
    EXPECT_EQ(ReasonOf(CreateGroup(params, tenant)), Reason::kOutcomeUnknown);
  }
  void SetAtVendor(const std::string& id, const std::string& name, AssetState state = AssetState::kActive) {
    upstream::AssetReport report;
    report.id = id;
    report.group_id = "g";
    report.display_name = name;
    report.media_type = model::MediaType::kImage;
    report.state = state;
    report.create_time = clock_.Now();
    vendor_.SetAsset(report);
  }

  // An EXPIRED asset `hero` with a source URI, which the vendor does not have.
  model::Asset Expired() {
    const model::UpstreamHandle handle = StoredAsset("hero-1", AssetState::kExpired);
    return *store_->UpdateAsset(handle, [](model::Asset& edited) {
      edited.display_name = "hero";
      edited.source_uri = "https://example.com/hero.png";
      edited.error = {Reason::kUpstreamLost, "", "gone"};
      return absl::OkStatus();
    });
  }
  // A first creation again of the asset whose answer was lost.
  void PutRecreationInDoubt(const model::Asset& asset) {
    model::JournalEntry row = model::RecreationOf(asset, 1);
    row.state = JournalState::kInDoubt;
    row.error = base::SerializeStatus(engine::OutcomeUnknown("lost"));
    row.create_time = row.update_time = clock_.Now();
    ASSERT_TRUE(store_->BeginEntry(row, nullptr).ok());
  }
  // A task that needs the asset, and may have it created again.
  engine::CreateTaskParams Needs(const model::Asset& asset) {
    engine::CreateTaskParams params = GoodTask();
    model::Reference reference;
    reference.asset = asset.handle;
    params.request.references = {reference};
    params.request.recreate_expired_assets = true;
    return params;
  }
  // Right after the `number`-th read of the journal from now on, a person says that the vendor did not take the upload.
  void SettleAfterRead(int number) {
    store_->after_get_call = [this, number]() mutable {
      if (--number != 0) return;
      EXPECT_TRUE(Settle({"UploadAsset", kRequestId, {}, true}).ok());
    };
  }
  JournalState RecreationRow(const model::Asset& asset, int number) {
    return (*store_->GetEntry(model::RecreationOf(asset, number).key))->state;
  }
};

TEST_F(CreationsTest, TheTenantsCreationsInDoubtAreListedNewestFirstInPages) {
  Start();
  for (int i = 0; i < 5; ++i) {
    LoseGroup(absl::StrCat("group ", i), i);
    clock_.Advance(absl::Milliseconds(1));
  }
  LoseGroup("theirs", 9, kOther);
  std::vector<std::string> names;
  engine::ListCreationsParams params;
  params.page_size = 2;
  int pages = 0;
  do {
    const auto page = List(params);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const model::JournalEntry& call : page->items) names.push_back(call.group->display_name);
    params.after = page->next;
    ++pages;
  } while (!params.after.at_start());
  EXPECT_THAT(names, ::testing::ElementsAre("group 4", "group 3", "group 2", "group 1", "group 0"));
  EXPECT_EQ(pages, 3);
}

TEST_F(CreationsTest, APersonSaysWhatTheVendorCallsTheAsset) {
  Start();
  LoseAsset(Asset("hero"));
  EXPECT_EQ(ReasonOf(Settle({"CreateAsset", Uuid(0), "nothing", false})), Reason::kInvalidInput);
  // Under another name, so that it is never found by itself.
  SetAtVendor("found", "hero (1)");
  const auto settled = Settle({"CreateAsset", Uuid(0), "found", false});
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->call.state, JournalState::kDone);
  EXPECT_EQ(settled->call.resource_name, "assets/fake~found");
  EXPECT_EQ(CreateAsset(Asset("hero"))->handle.id, "found") << "repeated, the request is answered";
  EXPECT_TRUE(Reaches(model::UpstreamHandle{"fake", "found"}, AssetState::kActive, absl::Seconds(1)));
  EXPECT_EQ(ReasonOf(Settle({"CreateAsset", Uuid(0), "found", false})), Reason::kCreationNotInDoubt);
  EXPECT_TRUE(List()->items.empty());
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(CreationsTest, WhatTheStoreHasIsNoAnswer) {
  Start();
  LoseAsset(Asset("hero"));
  StoredAsset("known");
  SetAtVendor("known", "hero");
  EXPECT_EQ(ReasonOf(Settle({"CreateAsset", Uuid(0), "known", false})), Reason::kInvalidInput);
  EXPECT_EQ(List()->items.size(), 1u);
}

TEST_F(CreationsTest, OneThatWasNotAcceptedMayBeSentAgainWithTheSameId) {
  Start();
  LoseAsset(Asset("hero"));
  const auto settled = Settle({"CreateAsset", Uuid(0), {}, true});
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->call.state, JournalState::kNotAccepted);
  EXPECT_TRUE(List()->items.empty());
  EXPECT_TRUE(CreateAsset(Asset("hero")).ok());
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(CreationsTest, ASearchSettlesTheOneThatFitsAndShowsSeveral) {
  Start();
  LoseAsset(Asset("hero"));
  SetAtVendor("one", "hero");
  SetAtVendor("two", "hero");
  auto searched = Settle({"CreateAsset", Uuid(0), {}, false});
  ASSERT_TRUE(searched.ok()) << searched.status();
  EXPECT_EQ(searched->call.state, JournalState::kInDoubt);
  EXPECT_EQ(searched->candidates.size(), 2u);
  vendor_.ForgetAsset("two");
  searched = Settle({"CreateAsset", Uuid(0), {}, false});
  ASSERT_TRUE(searched.ok()) << searched.status();
  EXPECT_EQ(searched->call.resource_name, "assets/fake~one");
}

TEST_F(CreationsTest, AnotherTenantsDoubtAtTheSameKeyForbidsAVerdict) {
  Start();
  LoseGroup("heroes", 1);
  LoseGroup("villains", 2, kOther);
  vendor_.SetGroup({"v", "villains", "", clock_.Now(), {}});
  EXPECT_EQ(ReasonOf(Settle({"CreateAssetGroup", Uuid(1), "v", false})), Reason::kSharedCredentials);
  EXPECT_EQ(ReasonOf(Settle({"CreateAssetGroup", Uuid(2), "v", false})), Reason::kResourceNotFound);
  ASSERT_TRUE(Settle({"CreateAssetGroup", Uuid(2), {}, true}, kOther).ok());
  EXPECT_TRUE(Settle({"CreateAssetGroup", Uuid(1), "v", false}).ok());
}

TEST_F(CreationsTest, TheLostCreationOfAnExpiredAssetIsFoundAtTheVendor) {
  Start();
  const model::Asset asset = Expired();
  vendor_.create_asset.Answer(Lost());
  const std::string task = CreateTask(Needs(asset))->id;
  ASSERT_TRUE(Called(vendor_.create_asset, 1));
  SetAtVendor("renewed", "hero");
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return store_->GetAsset(asset.handle)->vendor_id == "renewed";
  }));
  EXPECT_TRUE(Reaches(asset.handle, AssetState::kActive, absl::Seconds(1)));
  EXPECT_EQ(store_->GetAsset(asset.handle)->error, model::Failure{});
  EXPECT_EQ(RecreationRow(asset, 1), JournalState::kDone);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_TRUE(List()->items.empty());
}

TEST_F(CreationsTest, ADoubtAboutAnAssetEndsWhenTheVendorShowsItActive) {
  Start();
  const model::Asset asset = Expired();
  PutRecreationInDoubt(asset);
  Restart();
  EXPECT_EQ(List()->items.size(), 1u);
  SetAtVendor("hero-1", "hero");
  const std::string task = CreateTask(Needs(asset))->id;
  ASSERT_TRUE(Reaches(asset.handle, AssetState::kActive, absl::Seconds(1)));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));  // It may be looked for just now.
    return List()->items.empty();
  })) << "it is nobody's rival any more";
  EXPECT_EQ(RecreationRow(asset, 1), JournalState::kNotAccepted);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

// The vendor may not be asked about the asset again, and the doubt itself is looked for no more.
TEST_F(CreationsTest, ADoubtThatCouldNotBeEndedWhenTheAssetWasSeenEndsLater) {
  Start();
  const model::Asset asset = Expired();
  PutRecreationInDoubt(asset);
  Restart();
  // The next one is planned a moment after the vendor has answered.
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Minutes(1));
    return vendor_.list_assets.calls() == 7;
  }));
  SetAtVendor("hero-1", "hero");
  store_->failing_finishes = 3;
  ASSERT_TRUE(CreateTask(Needs(asset)).ok());
  ASSERT_TRUE(Reaches(asset.handle, AssetState::kActive, absl::Seconds(1)));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return List()->items.empty();
  }));
  EXPECT_EQ(store_->failing_finishes, 0);
  EXPECT_EQ(RecreationRow(asset, 1), JournalState::kNotAccepted);
}

TEST_F(CreationsTest, APersonsWordLetsAnExpiredAssetBeCreatedAgain) {
  Start();
  const model::Asset asset = Expired();
  vendor_.create_asset.Answer(Lost());
  ASSERT_TRUE(CreateTask(Needs(asset)).ok());
  ASSERT_TRUE(Eventually([&] {
    return store_->GetAsset(asset.handle)->error.reason == Reason::kOutcomeUnknown && List()->items.size() == 1;
  }));
  const std::string id = asset.name() + "#1";
  // One that is being looked for just now is busy for a moment.
  ASSERT_TRUE(Eventually([&] { return Settle({"RecreateAsset", id, {}, true}).ok(); }));
  EXPECT_EQ(store_->GetAsset(asset.handle)->error.reason, Reason::kUpstreamLost);
  ASSERT_TRUE(CreateTask(Needs(asset)).ok());
  EXPECT_TRUE(Called(vendor_.create_asset, 2));
}

TEST_F(CreationsTest, AnAcceptedAssetThatIsWrittenLateIsFollowed) {
  Start();
  store_->failing_finishes = 3;
  vendor_.create_asset.Answer(Accepted("late"));
  EXPECT_EQ(ReasonOf(CreateAsset(Asset("hero"))), Reason::kOutcomeUnknown);
  ASSERT_EQ(List()->items.size(), 1u);
  EXPECT_EQ(List()->items[0].resource_name, "assets/fake~late");
  SetAtVendor("late", "hero");
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(5));
    return store_->GetAsset({"fake", "late"}).ok();
  }));
  EXPECT_TRUE(Reaches(model::UpstreamHandle{"fake", "late"}, AssetState::kActive, absl::Seconds(1)));
  EXPECT_TRUE(List()->items.empty());
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(CreationsTest, ContentInDoubtIsKnownAfterARestart) {
  Start();
  engine::CreateAssetParams params = Inline(OldGroup(), Png());
  params.reuse_content = true;
  params.request_id = Uuid(0);
  LoseAsset(params);
  Restart();
  const engine::CreateAssetParams twin = TwinOf(params);
  EXPECT_EQ(ReasonOf(CreateAsset(twin)), Reason::kOutcomeUnknown);
  ASSERT_TRUE(Eventually([&] { return Settle({"CreateAsset", Uuid(0), {}, true}).ok(); }));
  EXPECT_TRUE(CreateAsset(twin).ok()) << "the doubt is over";
}

TEST_F(CreationsTest, APersonsWordThatCannotBeWrittenLeavesTheDoubtAsItWas) {
  Start();
  engine::CreateAssetParams params = Inline(OldGroup(), Png());
  params.reuse_content = true;
  params.request_id = Uuid(0);
  LoseAsset(params);
  const engine::CreateAssetParams twin = TwinOf(params);
  store_->failing_finishes = 3;
  ASSERT_TRUE(Eventually([&] {  // It may be looked for just now.
    return ReasonOf(Settle({"CreateAsset", Uuid(0), {}, true})) == Reason::kStoreUnavailable;
  }));
  EXPECT_EQ(ReasonOf(CreateAsset(twin)), Reason::kOutcomeUnknown) << "its bytes may be at the vendor still";
  ASSERT_EQ(List()->items.size(), 1u);
  EXPECT_EQ(List()->items[0].state, JournalState::kInDoubt);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

// The journal has the answer, so nothing is read; before it is taken, a person settles the doubt that it is.
TEST_F(CreationsTest, AnUploadThatWasNotReadIsNotSentWhenItsDoubtIsSettledMeanwhile) {
  Start();
  const engine::UploadAssetParams params = FileUpload(OldGroup(), "hero.png");
  vendor_.create_asset.Answer(Lost());
  ASSERT_EQ(ReasonOf(Upload(params, {Png()})), Reason::kOutcomeUnknown);
  SettleAfterRead(1);
  EXPECT_EQ(ReasonOf(Upload(params, {Png()})), Reason::kUpstreamUnavailable);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_TRUE(Upload(params, {Png()}).ok());
}

// The same for one that was read to its end, to be compared with the hash in the journal.
TEST_F(CreationsTest, AnUploadThatIsUsedUpIsNotSentWhenItsDoubtIsSettledMeanwhile) {
  Start();
  const engine::UploadAssetParams params = FileUpload(OldGroup(), "hero.png");
  vendor_.create_asset.Answer(Lost());
  ASSERT_EQ(ReasonOf(Upload(params, {Png()})), Reason::kOutcomeUnknown);
  const model::Fingerprint hash = {{std::string(engine::kStreamHashField), base::Sha256Hex(Png())}};
  ASSERT_TRUE(store_->ExtendFingerprint({kTenant, "UploadAsset", kRequestId}, hash).ok());
  SettleAfterRead(2);
  EXPECT_EQ(ReasonOf(Upload(params, {Png()})), Reason::kUpstreamUnavailable);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_TRUE(Upload(params, {Png()}).ok());
}

}  // namespace
}  // namespace seedance::testing
