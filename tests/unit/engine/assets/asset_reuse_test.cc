// The same bytes in the same group: one asset, one bill.

#include <set>
#include <thread>

#include "tests/unit/engine/assets/creation_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;

constexpr char kUrl[] = "https://example.com/hero.png";

class AssetReuseTest : public CreationTest {
 protected:
  AssetReuseTest() { fetcher_->SetFile(kUrl, Png()); }

  // Way 0 to 4: checked URL, data URI, Base64, inline bytes, stream. Names and request ids are all different.
  void Create(int way, int number, Answer<model::Asset>& answer, const std::string& name = "") {
    const std::string display_name = name.empty() ? "name " + std::to_string(number) : name;
    if (way == 4) {
      engine::UploadAssetParams upload = FileUpload(group_, "hero.png");
      upload.display_name = display_name;
      upload.request_id = Uuid(number);
      upload.reuse_content = true;
      engine_->assets().Upload(Caller(), upload, std::make_shared<Pieces>(Split(Png(), 5000)), answer.done());
      return;
    }
    engine::CreateAssetParams params = Text(group_, kUrl);
    if (way == 1) params.uri = DataUri("image/png", Png());
    if (way == 2) params.uri = absl::Base64Escape(Png());
    if (way == 3) params = Inline(group_, Png());
    params.display_name = display_name;
    params.request_id = Uuid(number);
    params.validate_media = params.reuse_content = true;
    engine_->assets().Create(Caller(), params, answer.done());
  }

  absl::StatusOr<model::Asset> Create(int way, int number, const std::string& name = "") {
    Answer<model::Asset> answer;
    Create(way, number, answer, name);
    return answer.Wait();
  }

  void Open() {
    Start();
    group_ = OldGroup();
  }

  model::UpstreamHandle group_;
};

TEST_F(AssetReuseTest, FiftyParallelCreatesByFiveWaysAreOneBill) {
  Open();
  constexpr int kCallers = 50;
  std::vector<absl::StatusOr<model::Asset>> answers(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] { answers[i] = Create(i % 5, i); });
  }
  for (std::thread& caller : callers) caller.join();
  std::set<std::string> names;
  int reused = 0;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    names.insert(answer->name());
    reused += answer->reused;
  }
  EXPECT_EQ(names.size(), 1u);
  EXPECT_EQ(reused, kCallers - 1);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  Restart();
  for (int i = 0; i < kCallers; ++i) {
    const absl::StatusOr<model::Asset> again = Create(i % 5, i);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->name(), *names.begin()) << "a request id keeps its answer";
    EXPECT_EQ(again->reused, answers[i]->reused);
  }
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetReuseTest, ItIsFoundAgainAfterARestartButNotInAnotherGroup) {
  Open();
  const absl::StatusOr<model::Asset> first = Create(4, 1);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->reused);
  Restart();
  const absl::StatusOr<model::Asset> second = Create(3, 2);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->handle, first->handle);
  EXPECT_TRUE(second->reused);
  EXPECT_EQ(second->display_name, first->display_name);
  EXPECT_FALSE(store_->GetAsset(first->handle)->reused);
  group_ = OldGroup("other");
  EXPECT_FALSE(Create(3, 3)->reused);
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(AssetReuseTest, WithoutTheFlagTheSameBytesAreSentAgain) {
  Open();
  ASSERT_TRUE(CreateAsset(Inline(group_, Png())).ok());
  engine::CreateAssetParams params = Inline(group_, Png());
  params.display_name = "again";
  EXPECT_FALSE(CreateAsset(params)->reused);
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(AssetReuseTest, TheSameNameIsNoClashForTheSameBytes) {
  Open();
  const absl::StatusOr<model::Asset> first = Create(3, 1, "hero");
  for (int way = 0; way < 5; ++way) {
    const absl::StatusOr<model::Asset> again = Create(way, 10 + way, "hero");
    ASSERT_TRUE(again.ok()) << way << again.status();
    EXPECT_EQ(again->handle, first->handle);
  }
  engine::CreateAssetParams other = Inline(group_, Png("other"));
  other.reuse_content = true;
  EXPECT_EQ(ReasonOf(CreateAsset(other)), Reason::kDisplayNameTaken) << "for other bytes it is";
}

TEST_F(AssetReuseTest, AnAssetThatFailedIsNotReused) {
  Open();
  model::Asset failed = *Create(3, 1);
  failed.state = model::AssetState::kFailed;
  ASSERT_TRUE(store_->PutAsset(failed).ok());
  const absl::StatusOr<model::Asset> second = Create(3, 2);
  EXPECT_FALSE(second->reused);
  EXPECT_NE(second->handle, failed.handle);
}

TEST_F(AssetReuseTest, ARequestIdKeepsTheAssetThatItGotThoughAnotherCopyComes) {
  Open();
  const absl::StatusOr<model::Asset> first = Create(3, 1);
  ASSERT_TRUE(Create(4, 2)->reused);
  model::Asset failed = *first;
  failed.state = model::AssetState::kFailed;
  ASSERT_TRUE(store_->PutAsset(failed).ok());
  ASSERT_FALSE(Create(3, 3)->reused);
  const absl::StatusOr<model::Asset> again = Create(4, 2);
  EXPECT_EQ(again->handle, first->handle);
  EXPECT_TRUE(again->reused);
}

TEST_F(AssetReuseTest, OtherBytesUnderAnIdThatWasAnsweredByReuseAreRefused) {
  Open();
  ASSERT_TRUE(Create(3, 1).ok());
  ASSERT_TRUE(Create(4, 2)->reused);
  engine::UploadAssetParams upload = FileUpload(group_, "hero.png");
  upload.display_name = "name 2";
  upload.request_id = Uuid(2);
  upload.reuse_content = true;
  const absl::Status status = Upload(upload, {Png("other")}).status();
  EXPECT_EQ(ReasonOf(status), Reason::kRequestIdReused);
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "chunk");
  upload.reuse_content = false;
  EXPECT_EQ(base::GetErrorDetail(Upload(upload, {Png()}).status()).metadata["field"], "metadata.reuse_content");
}

TEST_F(AssetReuseTest, ValidationAloneShowsWhatWouldBeReused) {
  Open();
  const absl::StatusOr<model::Asset> first = Create(3, 1);
  engine::CreateAssetParams params = Inline(group_, Png());
  params.reuse_content = params.validate_only = true;
  params.request_id = Uuid(2);
  const absl::StatusOr<model::Asset> draft = CreateAsset(params);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_TRUE(draft->reused);
  EXPECT_EQ(draft->creation, model::CallCost{});
  EXPECT_EQ(draft->handle, first->handle);
  EXPECT_FALSE(store_->GetEntry({kTenant, "CreateAsset", Uuid(2)})->has_value());
}

// One leads and waits at the vendor; the others follow it.
class AssetFollowersTest : public AssetReuseTest {
 protected:
  void Follow(int followers) {
    Open();
    vendor_.create_asset.Close();
    Create(3, 0, leader_);
    ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
    followers_.resize(static_cast<size_t>(followers));
    // Of bytes in memory all is known when Create returns.
    for (int i = 0; i < followers; ++i) Create(1 + i % 3, i + 1, followers_[static_cast<size_t>(i)]);
    EXPECT_EQ(vendor_.create_asset.calls(), 1);
  }

  Answer<model::Asset> leader_;
  std::vector<Answer<model::Asset>> followers_;
};

TEST_F(AssetFollowersTest, FollowersGetTheLeadersAsset) {
  Follow(6);
  vendor_.create_asset.Open();
  const absl::StatusOr<model::Asset> asset = leader_.Wait();
  ASSERT_TRUE(asset.ok()) << asset.status();
  for (const auto& follower : followers_) {
    ASSERT_TRUE(follower.Wait().ok()) << follower.Wait().status();
    EXPECT_EQ(follower.Wait()->handle, asset->handle);
    EXPECT_TRUE(follower.Wait()->reused);
  }
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetFollowersTest, WhatTheVendorSaysAgainstTheBytesCountsForAll) {
  Follow(3);
  vendor_.create_asset.Answer(Refused(Reason::kInputModeration, "a person"));
  vendor_.create_asset.Open();
  EXPECT_EQ(ReasonOf(leader_.Wait()), Reason::kInputModeration);
  for (const auto& follower : followers_) EXPECT_EQ(ReasonOf(follower.Wait()), Reason::kInputModeration);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_FALSE(store_->GetEntry({kTenant, "CreateAsset", Uuid(1)})->has_value()) << "nothing was sent for it";
}

TEST_F(AssetFollowersTest, BehindALeaderInDoubtNothingIsSent) {
  Follow(3);
  vendor_.create_asset.Answer(Lost());
  vendor_.create_asset.Open();
  EXPECT_EQ(ReasonOf(leader_.Wait()), Reason::kOutcomeUnknown);
  for (const auto& follower : followers_) {
    EXPECT_EQ(ReasonOf(follower.Wait()), Reason::kOutcomeUnknown);
    EXPECT_FALSE(base::GetErrorDetail(follower.Wait().status()).retry_delay.has_value()) << "that might pay twice";
  }
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetFollowersTest, BytesWhoseCreationCouldNotBeWrittenDownAreNotSentAgain) {
  Open();
  store_->failing_finishes = 1'000;
  Create(3, 0, leader_);
  (void)leader_.Wait();
  store_->failing_finishes = 0;
  Answer<model::Asset> other;
  Create(2, 1, other);
  EXPECT_EQ(ReasonOf(other.Wait()), Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetFollowersTest, WhenTheLeadersNameWasTheTroubleTheNextOneLeads) {
  Follow(3);
  vendor_.create_asset.Answer(Refused(Reason::kResourceNotFound, "group not found"));
  vendor_.create_asset.Open();
  EXPECT_EQ(ReasonOf(leader_.Wait()), Reason::kDisplayNameTaken);
  std::set<std::string> names;
  for (const auto& follower : followers_) names.insert(follower.Wait().ok() ? follower.Wait()->name() : "error");
  EXPECT_EQ(names.size(), 1u);
  EXPECT_FALSE(names.contains("error"));
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(AssetFollowersTest, AFollowerWhoseCallerIsGoneSendsNothing) {
  Open();
  vendor_.create_asset.Close();
  Create(3, 0, leader_);
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  engine::CreateAssetParams params = Inline(group_, Png());
  params.reuse_content = true;
  params.display_name = "follower";
  engine::CallContext context = Caller();
  context.cancel = std::make_shared<base::CancelToken>();
  Answer<model::Asset> follower;
  engine_->assets().Create(context, params, follower.done());
  context.cancel->Cancel();
  vendor_.create_asset.Answer(Refused(Reason::kResourceNotFound, "group not found"));
  vendor_.create_asset.Open();
  EXPECT_EQ(ReasonOf(follower.Wait()), Reason::kCancelled);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetFollowersTest, TheSameRequestTwiceIsOneAssetThatIsNotReused) {
  Open();
  vendor_.create_asset.Close();
  Create(3, 0, leader_);
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  Answer<model::Asset> twin;
  Create(3, 0, twin);
  vendor_.create_asset.Open();
  ASSERT_TRUE(twin.Wait().ok()) << twin.Wait().status();
  EXPECT_EQ(twin.Wait()->handle, leader_.Wait()->handle);
  EXPECT_FALSE(twin.Wait()->reused);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

}  // namespace
}  // namespace seedance::testing
