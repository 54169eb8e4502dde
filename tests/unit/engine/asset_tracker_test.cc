#include "service/engine/asset_tracker.h"

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

class AssetTrackerTest : public EngineTest {
 protected:
  static upstream::AssetReport Report(const std::string& id, AssetState state) {
    upstream::AssetReport report;
    report.id = id;
    report.state = state;
    return report;
  }

  // An asset that is PROCESSING in the store and at the vendor before the engine starts.
  model::UpstreamHandle Processing() {
    const model::UpstreamHandle handle = StoredAsset("a", AssetState::kProcessing);
    vendor_.SetAsset(Report("a", AssetState::kProcessing));
    return handle;
  }

  ::testing::AssertionResult Polled(int more) {
    const int before = vendor_.get_asset.calls();
    const bool polled = Eventually([&] {
      clock_.Advance(absl::Seconds(1));
      return vendor_.get_asset.calls() >= before + more;
    });
    return polled ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "not polled";
  }
};

TEST_F(AssetTrackerTest, AProcessingAssetIsTakenUpAfterARestartAndToldToItsWatchers) {
  const model::UpstreamHandle handle = Processing();
  Start();
  Answer<engine::WatchStart<model::Asset>> watch;
  engine_->assets().Watch(
      Caller(), handle, "", [] {}, watch.done());
  const auto session = watch.Wait()->session;
  EXPECT_EQ(session->Take()->state, AssetState::kProcessing);
  vendor_.SetAsset(Report("a", AssetState::kActive));
  ASSERT_TRUE(Reaches(handle, AssetState::kActive, absl::Seconds(1)));
  std::shared_ptr<const model::Asset> seen;
  ASSERT_TRUE(Eventually([&] { return (seen = session->Take()) != nullptr; }));
  EXPECT_EQ(seen->state, AssetState::kActive);
}

TEST_F(AssetTrackerTest, ASettledAssetIsPolledNoMore) {
  const model::UpstreamHandle handle = Processing();
  vendor_.SetAsset(Report("a", AssetState::kActive));
  Start();
  ASSERT_TRUE(Reaches(handle, AssetState::kActive, absl::Seconds(1)));
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(vendor_.get_asset.calls(), 1);
}

TEST_F(AssetTrackerTest, AFailedAssetCarriesTheVendorsError) {
  const model::UpstreamHandle handle = Processing();
  upstream::AssetReport report = Report("a", AssetState::kFailed);
  report.error = {Reason::kInputModeration, "code", "a person"};
  vendor_.SetAsset(report);
  Start();
  ASSERT_TRUE(Reaches(handle, AssetState::kFailed, absl::Seconds(1)));
  EXPECT_EQ(store_->GetAsset(handle)->error, report.error);
}

TEST_F(AssetTrackerTest, TransientErrorsAndUnknownWordsChangeNothing) {
  const model::UpstreamHandle handle = Processing();
  const int64_t revision = store_->GetAsset(handle)->revision;
  for (const Reason reason : {Reason::kUpstreamUnavailable, Reason::kRateLimited, Reason::kUpstreamAuthFailed}) {
    vendor_.get_asset.Answer(Failure(reason, "not now"));
  }
  vendor_.get_asset.Answer(Report("a", AssetState::kUnspecified));
  Start();
  ASSERT_TRUE(Polled(6));
  EXPECT_EQ(store_->GetAsset(handle)->revision, revision);
}

TEST_F(AssetTrackerTest, AnAssetThatTheVendorForgotExpiresOnlyAfterManyAnswersOverSomeTime) {
  const model::UpstreamHandle handle = Processing();
  for (int i = 0; i < 200; ++i) vendor_.get_asset.Answer(base::ResourceNotFound("vendor", "a"));
  Start();
  ASSERT_TRUE(Polled(10));
  EXPECT_EQ(store_->GetAsset(handle)->state, AssetState::kProcessing);
  EXPECT_TRUE(Reaches(handle, AssetState::kExpired, absl::Seconds(3)));
  EXPECT_EQ(store_->GetAsset(handle)->error.reason, Reason::kUpstreamLost);
  EXPECT_GE(clock_.Now() - store_->GetAsset(handle)->create_time, absl::Minutes(2));
}

TEST_F(AssetTrackerTest, AnAssetThatNeverBecomesUsableFailsAtItsDeadlineAndKeepsThatError) {
  const model::UpstreamHandle handle = Processing();
  engine::Engine::Options options;
  options.asset_tracker.deadline = absl::Minutes(5);
  Start(options);
  ASSERT_TRUE(Reaches(handle, AssetState::kFailed, absl::Seconds(5)));
  EXPECT_EQ(store_->GetAsset(handle)->error.reason, Reason::kDeadlineExceeded);
}

class ApplyTest : public ::testing::Test {
 protected:
  ApplyTest() { upstreams_configs_.emplace_back().upstream = vendor_.MakeUpstream(); }

  // The stored asset, after the vendor said `report` of it.
  model::Asset After(const model::Asset& asset, const upstream::AssetReport& report) {
    EXPECT_TRUE(store_->PutAsset(asset).ok());
    return tracker_.Apply(asset.handle, report).value();
  }

  static model::Asset In(AssetState state) {
    model::Asset asset;
    asset.handle = {"fake", "a"};
    asset.group = {"fake", "g"};
    asset.tenant = kTenant;
    asset.state = state;
    return asset;
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{1};
  FakeVendor vendor_{"fake"};
  std::vector<engine::Upstreams::Config> upstreams_configs_;
  std::unique_ptr<FlakyStore> store_ = OpenStore(dir_.File("store.db"));
  engine::Upstreams upstreams_{{}};
  engine::WatchHub<model::Asset> hub_{"test"};
  engine::AssetTracker tracker_{{}, *store_, upstreams_, hub_, clock_, random_};
};

TEST_F(ApplyTest, ASettledAssetNeverGoesBackToProcessingAndKeepsTheGatewaysOwnError) {
  model::Asset asset = In(AssetState::kFailed);
  asset.error = {Reason::kDeadlineExceeded, "", "the vendor never made it usable"};
  upstream::AssetReport report;
  report.state = AssetState::kProcessing;
  report.display_name = "renamed";
  const model::Asset after = After(asset, report);
  EXPECT_EQ(after.state, AssetState::kFailed);
  EXPECT_EQ(after.error, asset.error);
  EXPECT_EQ(after.display_name, "renamed");
}

TEST_F(ApplyTest, AnAssetThatTurnsOutUsableHasNoError) {
  model::Asset asset = In(AssetState::kExpired);
  asset.error = {Reason::kUpstreamLost, "", "the vendor does not know the asset"};
  upstream::AssetReport report;
  report.state = AssetState::kActive;
  const model::Asset after = After(asset, report);
  EXPECT_EQ(after.state, AssetState::kActive);
  EXPECT_EQ(after.error, model::Failure{});
}

TEST_F(ApplyTest, ANewPreviewLinkAloneIsNoNews) {
  model::Asset asset = In(AssetState::kActive);
  upstream::AssetReport report;
  report.state = AssetState::kActive;
  report.preview_uri = "https://vendor.example/1";
  const model::Asset first = After(asset, report);
  EXPECT_EQ(first.preview_uri, "https://vendor.example/1");
  report.preview_uri = "https://vendor.example/2";
  EXPECT_EQ(tracker_.Apply(asset.handle, report)->revision, first.revision);
}

}  // namespace
}  // namespace seedance::testing
