#include "service/engine/assets/asset_tracker.h"

#include "tests/unit/engine/assets/asset_notes.h"
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

  auto Watch(const model::UpstreamHandle& handle) {
    Answer<engine::WatchStart<model::Asset>> watch;
    engine_->assets().Watch(
        Caller(), handle, "", [] {}, watch.done());
    return watch.Wait()->session;
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
  const auto session = Watch(handle);
  EXPECT_EQ(session->Take()->state, AssetState::kProcessing);
  vendor_.SetAsset(Report("a", AssetState::kActive));
  ASSERT_TRUE(Reaches(handle, AssetState::kActive, absl::Seconds(1)));
  std::shared_ptr<const model::Asset> seen;
  ASSERT_TRUE(Eventually([&] { return (seen = session->Take()) != nullptr; }));
  EXPECT_EQ(seen->state, AssetState::kActive);
}

TEST_F(AssetTrackerTest, WatchersOfAnAssetThatWasDeletedWithItsGroupAreTold) {
  const model::UpstreamHandle handle = Processing();
  Start();
  const auto session = Watch(handle);
  // By one who did not know of it, and so told nobody.
  ASSERT_TRUE(store_->DeleteAsset(handle).ok());
  vendor_.SetAsset(Report("a", AssetState::kActive));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return session->gone();
  }));
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

TEST_F(AssetTrackerTest, AnAssetThatWasCreatedAgainIsPolledByItsPresentIdAndFromThen) {
  const model::UpstreamHandle handle = StoredAsset("a", AssetState::kProcessing);
  ASSERT_TRUE(store_
                  ->UpdateAsset(handle,
                                [&](model::Asset& asset) {
                                  asset.create_time = clock_.Now() - absl::Hours(30 * 24);
                                  asset.last_used_time = clock_.Now();
                                  asset.vendor_id = "a-2";
                                  asset.recreations = 1;
                                  return absl::OkStatus();
                                })
                  .ok());
  vendor_.SetAsset(Report("a-2", AssetState::kProcessing));
  Start();
  ASSERT_TRUE(Polled(3));
  EXPECT_EQ(store_->GetAsset(handle)->state, AssetState::kProcessing) << "its deadline is a new one";
  vendor_.SetAsset(Report("a-2", AssetState::kActive));
  EXPECT_TRUE(Reaches(handle, AssetState::kActive, absl::Seconds(1)));
}

class ApplyTest : public ::testing::Test {
 protected:
  static std::vector<engine::VendorAccounts::Config> Configs(FakeVendor& vendor) {
    std::vector<engine::VendorAccounts::Config> configs(1);
    configs[0].upstream = vendor.MakeUpstream();
    return configs;
  }

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
  std::unique_ptr<FlakyStore> store_ = OpenStore(dir_.File("store.db"));
  engine::VendorAccounts accounts_{Configs(vendor_), clock_};
  engine::WatchHub<model::Asset> hub_{"test"};
  AssetNotes notes_;
  engine::AssetTracker tracker_{{}, {*store_, store_->ownership(), accounts_, hub_, notes_, clock_, random_}};
};

TEST_F(ApplyTest, ASettledAssetNeverGoesBackToProcessingAndKeepsTheGatewaysOwnError) {
  model::Asset asset = In(AssetState::kFailed);
  asset.error = {Reason::kDeadlineExceeded, "", "the vendor did not finish processing it in time"};
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
  asset.error = {Reason::kUpstreamLost, "", "the vendor no longer has the asset"};
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

TEST_F(ApplyTest, ANameThatCannotChangeAtTheVendorIsTheGatewaysOwn) {
  vendor_.profile().assets.rename = false;
  model::Asset asset = In(AssetState::kActive);
  asset.display_name = "mine";
  upstream::AssetReport report;
  report.state = AssetState::kActive;
  report.display_name = "upload.png";
  EXPECT_EQ(After(asset, report).display_name, "mine");
}

TEST_F(ApplyTest, AReportAboutAnEarlierIdIsIgnored) {
  model::Asset asset = In(AssetState::kProcessing);
  asset.vendor_id = "a-2";
  upstream::AssetReport report;
  report.id = "a";
  report.state = AssetState::kFailed;
  EXPECT_EQ(After(asset, report).state, AssetState::kProcessing);
  report.id = "a-2";
  EXPECT_EQ(After(asset, report).state, AssetState::kFailed);
}

TEST_F(ApplyTest, AReadIsAUseThatLengthensTheLifeWhereTheVendorCountsIdleTime) {
  vendor_.profile().assets.library.idle_ttl = absl::Hours(100);
  model::Asset asset = In(AssetState::kActive);
  asset.last_used_time = clock_.Now();
  asset.expire_time = clock_.Now() + absl::Hours(100);
  upstream::AssetReport report;
  report.state = AssetState::kActive;
  const int64_t revision = After(asset, report).revision;
  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(tracker_.Apply(asset.handle, report)->revision, revision) << "less than 1 % is no news";
  clock_.Advance(absl::Minutes(1));
  const model::Asset later = tracker_.Apply(asset.handle, report).value();
  EXPECT_EQ(later.last_used_time, clock_.Now());
  EXPECT_EQ(later.expire_time, clock_.Now() + absl::Hours(100));
}

TEST_F(ApplyTest, TheVendorsOwnTimeCounts) {
  vendor_.profile().assets.library.idle_ttl = absl::Hours(100);
  model::Asset asset = In(AssetState::kProcessing);
  upstream::AssetReport report;
  report.state = AssetState::kActive;
  report.expire_time = clock_.Now() + absl::Hours(7);
  EXPECT_EQ(After(asset, report).expire_time, report.expire_time);
}

TEST_F(ApplyTest, AnAssetThatIsNotUsableHasNoLifeToLengthen) {
  vendor_.profile().assets.library.idle_ttl = absl::Hours(100);
  for (const AssetState state : {AssetState::kProcessing, AssetState::kFailed}) {
    upstream::AssetReport report;
    report.state = state;
    report.expire_time = clock_.Now() + absl::Hours(7);
    EXPECT_EQ(After(In(state), report).expire_time, absl::InfiniteFuture());
  }
}

TEST_F(ApplyTest, AnAssetThatExpiresIsToldOnce) {
  vendor_.profile().assets.library.idle_ttl = absl::Hours(100);
  upstream::AssetReport report;
  report.state = AssetState::kActive;
  After(In(AssetState::kProcessing), report);
  EXPECT_EQ(notes_.expiring(), std::vector<std::string>{"assets/fake~a"});
  ASSERT_TRUE(tracker_.Apply({"fake", "a"}, report).ok());
  report.state = AssetState::kFailed;
  ASSERT_TRUE(tracker_.Apply({"fake", "a"}, report).ok());
  EXPECT_EQ(notes_.expiring().size(), 1u);
}

}  // namespace
}  // namespace seedance::testing
