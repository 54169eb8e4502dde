// Names and places are reserved: many callers at once, through a whole engine.
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/engine/assets/creation_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

constexpr int kRivals = 50;
constexpr int kRounds = 4;

class AssetClaimsTest : public CreationTest {
 protected:
  absl::StatusOr<model::Asset> Create(const std::string& name) {
    engine::CreateAssetParams params = GoodAsset(group_, name);
    params.request_id.clear();
    return CreateAsset(params);
  }
  absl::StatusOr<model::Asset> Rename(const model::UpstreamHandle& handle, const std::string& name) {
    Answer<model::Asset> answer;
    engine_->assets().Update(Caller(), {handle, name}, answer.done());
    return answer.Wait();
  }
  // Runs `work(i)` on so many threads at once and counts the reasons of its failures; kUnspecified: those without.
  template <typename Work>
  std::map<Reason, int> Race(Work work) {
    base::Mutex mutex;
    std::map<Reason, int> outcomes;
    std::atomic<bool> go{false};
    std::vector<std::jthread> threads;
    for (int i = 0; i < kRivals; ++i) {
      threads.emplace_back([&, i] {
        go.wait(false);
        const absl::Status status = work(i);
        base::MutexLock lock(mutex);
        ++outcomes[status.ok() ? Reason::kUnspecified : ReasonOf(status)];
      });
    }
    go = true;
    go.notify_all();
    threads.clear();
    return outcomes;
  }
  std::vector<model::Asset> All() {
    return store_->ListAssets({kTenant, {}, "", model::MediaType::kUnspecified, AssetState::kUnspecified}, {}, 1000)
        ->items;
  }

  model::UpstreamHandle group_ = {"fake", "g"};
};

TEST_F(AssetClaimsTest, OfManyCreatesOfOneNameOneIsSent) {
  Start();
  group_ = OldGroup();
  for (int round = 1; round <= kRounds; ++round) {
    const std::string name = "hero " + std::to_string(round);
    EXPECT_EQ(Race([&](int) { return Create(name).status(); }),
              (std::map<Reason, int>{{Reason::kUnspecified, 1}, {Reason::kDisplayNameTaken, kRivals - 1}}));
    EXPECT_EQ(vendor_.create_asset.calls(), round);
  }
  EXPECT_EQ(All().size(), static_cast<size_t>(kRounds));
}

TEST_F(AssetClaimsTest, OfManyRenamesAndCreatesToOneNameOneWorks) {
  Start();
  group_ = OldGroup();
  std::vector<model::UpstreamHandle> assets;
  for (int i = 0; i < kRivals; i += 2) assets.push_back(Create("old " + std::to_string(i))->handle);
  const int before = vendor_.create_asset.calls();
  for (int round = 1; round <= kRounds; ++round) {
    const std::string name = "hero " + std::to_string(round);
    EXPECT_EQ(Race([&](int i) {
                return i % 2 == 0 ? Rename(assets[static_cast<size_t>(i / 2)], name).status() : Create(name).status();
              }),
              (std::map<Reason, int>{{Reason::kUnspecified, 1}, {Reason::kDisplayNameTaken, kRivals - 1}}));
    EXPECT_EQ(vendor_.create_asset.calls() + vendor_.update_asset.calls(), before + round);
  }
  std::set<std::string> names;
  for (const model::Asset& asset : All()) EXPECT_TRUE(names.insert(asset.display_name).second) << asset.display_name;
}

TEST_F(AssetClaimsTest, NoMoreCreatesAreSentThanTheLibraryHasPlaces) {
  constexpr int kMost = 4;
  vendor_.profile().assets.library.max_assets = kMost;
  Start();
  group_ = OldGroup();
  for (int round = 0; round < kRounds; ++round) {
    const std::string prefix = "asset " + std::to_string(round) + " ";
    EXPECT_EQ(Race([&](int i) { return Create(prefix + std::to_string(i)).status(); }),
              (std::map<Reason, int>{{Reason::kUnspecified, kMost}, {Reason::kAssetLibraryFull, kRivals - kMost}}));
    for (const model::Asset& asset : All()) ASSERT_TRUE(store_->DeleteAsset(asset.handle).ok());
  }
  EXPECT_EQ(vendor_.create_asset.calls(), kRounds * kMost);
}

TEST_F(AssetClaimsTest, WhatAStopLeftInDoubtKeepsNameAndPlaceForADay) {
  vendor_.profile().assets.library.max_assets = 1;
  Start();
  group_ = OldGroup();
  vendor_.create_asset.Answer(Lost());
  EXPECT_EQ(ReasonOf(Create("hero")), Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(Create("hero")), Reason::kDisplayNameTaken);
  Restart();
  EXPECT_EQ(ReasonOf(Create("hero")), Reason::kDisplayNameTaken);
  EXPECT_EQ(ReasonOf(Create("other")), Reason::kAssetLibraryFull);
  clock_.Advance(absl::Hours(25));
  EXPECT_TRUE(Create("hero").ok());
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(AssetClaimsTest, ARefusedRenameFreesTheNameAndOneThatMayHaveWorkedKeepsIt) {
  Start();
  group_ = OldGroup();
  const model::UpstreamHandle asset = Create("a")->handle;
  const model::UpstreamHandle other = Create("b")->handle;
  vendor_.update_asset.Answer(Failure(Reason::kUpstreamInvalidInput, "no"));
  EXPECT_EQ(ReasonOf(Rename(asset, "new")), Reason::kUpstreamInvalidInput);
  EXPECT_TRUE(Rename(other, "new").ok());
  vendor_.update_asset.Answer(Failure(Reason::kUpstreamUnavailable, "no answer"));
  EXPECT_EQ(ReasonOf(Rename(asset, "newer")), Reason::kUpstreamUnavailable);
  EXPECT_EQ(ReasonOf(Rename(other, "newer")), Reason::kDisplayNameTaken);
  EXPECT_EQ(ReasonOf(Create("newer")), Reason::kDisplayNameTaken);
  EXPECT_TRUE(Rename(asset, "newer").ok()) << "it may try again";
  EXPECT_TRUE(Create("a").ok()) << "the name that it had";
}

TEST_F(AssetClaimsTest, ARenameWithoutAnAnswerHoldsTheNameForTenMinutesAtMost) {
  Start();
  group_ = OldGroup();
  const model::UpstreamHandle asset = Create("a")->handle;
  vendor_.update_asset.Answer(Failure(Reason::kUpstreamUnavailable, "no answer"));
  EXPECT_EQ(ReasonOf(Rename(asset, "new")), Reason::kUpstreamUnavailable);
  clock_.Advance(absl::Minutes(9));
  EXPECT_EQ(ReasonOf(Create("new")), Reason::kDisplayNameTaken);
  Restart();
  EXPECT_EQ(ReasonOf(Create("new")), Reason::kDisplayNameTaken);
  clock_.Advance(absl::Minutes(2));
  EXPECT_TRUE(Create("new").ok());
  EXPECT_EQ(ReasonOf(Rename(asset, "new")), Reason::kDisplayNameTaken);
}

TEST_F(AssetClaimsTest, ARenameWhoseAnswerWasLostIsReadAtTheVendor) {
  Start();
  group_ = OldGroup();
  const model::UpstreamHandle asset = Create("a")->handle;
  upstream::AssetReport renamed;
  renamed.id = asset.id;
  renamed.display_name = "new";
  renamed.state = AssetState::kProcessing;
  vendor_.SetAsset(renamed);
  vendor_.update_asset.Answer(Failure(Reason::kDeadlineExceeded, "the answer was lost"));
  const absl::StatusOr<model::Asset> answer = Rename(asset, "new");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->display_name, "new");
  EXPECT_EQ(vendor_.update_asset.calls(), 1);
  EXPECT_EQ(ReasonOf(Create("new")), Reason::kDisplayNameTaken);
  EXPECT_TRUE(Rename(asset, "newer").ok());
  EXPECT_TRUE(Create("new").ok()) << "held by nobody any more";
}

TEST_F(AssetClaimsTest, APreviewSeesWhatOthersHold) {
  vendor_.profile().assets.library.max_assets = 2;
  Start();
  group_ = OldGroup();
  const auto preview = [&](const std::string& name) {
    engine::CreateAssetParams params = GoodAsset(group_, name);
    params.request_id.clear();
    params.validate_only = true;
    return CreateAsset(params).status();
  };
  vendor_.create_asset.Answer(Lost());
  EXPECT_EQ(ReasonOf(Create("hero")), Reason::kOutcomeUnknown);
  const absl::Status taken = preview("hero");
  EXPECT_EQ(ReasonOf(taken), Reason::kDisplayNameTaken);
  EXPECT_EQ(base::GetErrorDetail(taken).resource->name, model::AssetGroupName(group_));
  EXPECT_TRUE(preview("other").ok());
  EXPECT_TRUE(Create("other").ok());
  EXPECT_EQ(ReasonOf(preview("third")), Reason::kAssetLibraryFull) << "one place is of the call in doubt";
  clock_.Advance(absl::Hours(25));
  EXPECT_TRUE(preview("hero").ok()) << "void, and nobody has written since";
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

}  // namespace
}  // namespace seedance::testing
