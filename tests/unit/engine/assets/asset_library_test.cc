#include "service/engine/assets/asset_library.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

class AssetLibraryTest : public ::testing::Test {
 protected:
  void Put(const std::string& id, absl::Time used, const std::string& tenant = kTenant,
           AssetState state = AssetState::kActive) {
    model::Asset asset;
    asset.handle = {"fake", id};
    asset.tenant = tenant;
    asset.group = {"fake", "g"};
    asset.state = state;
    asset.create_time = clock_.Now();
    asset.last_used_time = used;
    ASSERT_TRUE(store_->PutAsset(asset).ok());
  }
  // What one who needs a place is told, when there are `most`.
  absl::Status Room(int most) {
    model::AssetClaim claim = {{"fake", "g"}, "another"};
    claim.most = most;
    const auto conflict = store_->FindClaimConflict("holder", claim, clock_.Now());
    EXPECT_TRUE(conflict.ok()) << conflict.status();
    if (!conflict.ok() || !conflict->has_value()) return conflict.status();
    return engine::ToStatus(*store_, kTenant, claim, **conflict);
  }
  static std::string Candidates(const absl::Status& status) {
    return base::GetErrorDetail(status).metadata["least_recently_used"];
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  FakeVendor vendor_{"fake"};
  std::unique_ptr<upstream::Upstream> upstream_ = vendor_.MakeUpstream();
  std::unique_ptr<FlakyStore> store_ = OpenStore(dir_.File("store.db"));
};

TEST_F(AssetLibraryTest, ALibraryWithoutALimitAlwaysHasRoom) {
  Put("a", clock_.Now());
  EXPECT_TRUE(Room(0).ok());
}

TEST_F(AssetLibraryTest, AFullLibraryNamesTheTenantsLongestUnusedAssets) {
  Put("new", clock_.Now());
  Put("old", clock_.Now() - absl::Hours(5));
  Put("gone", clock_.Now() - absl::Hours(9), kTenant, AssetState::kExpired);
  Put("failed", clock_.Now() - absl::Hours(9), kTenant, AssetState::kFailed);
  EXPECT_TRUE(Room(3).ok());
  Put("foreign", clock_.Now() - absl::Hours(7), kOther);
  const absl::Status full = Room(3);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(full), Reason::kAssetLibraryFull);
  EXPECT_EQ(Candidates(full), "assets/fake~old,assets/fake~new");
  EXPECT_THAT(std::string(full.message()), ::testing::HasSubstr("at most 3 assets"));
}

TEST_F(AssetLibraryTest, AtMostTenAssetsAreNamed) {
  for (int i = 0; i < 12; ++i) Put(absl::StrCat("a", i), clock_.Now());
  const std::string names = Candidates(Room(1));
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(names, ',')).size(), 10u);
}

TEST_F(AssetLibraryTest, TheVendorsOwnRefusalGetsTheSameNamesAndKeepsItsWords) {
  Put("a", clock_.Now());
  base::ErrorDetail detail;
  detail.reason = Reason::kAssetLibraryFull;
  detail.metadata["upstream_code"] = "quota";
  const absl::Status full =
      engine::WithCandidates(*store_, kTenant, *upstream_, base::MakeError("library is full", detail));
  EXPECT_EQ(Candidates(full), "assets/fake~a");
  EXPECT_EQ(full.message(), "library is full");
  EXPECT_EQ(base::GetErrorDetail(full).metadata["upstream_code"], "quota");
}

TEST_F(AssetLibraryTest, OtherStatusesStayAsTheyAre) {
  Put("a", clock_.Now());
  const absl::Status other = Failure(Reason::kQuotaExceeded, "too many tasks");
  EXPECT_EQ(engine::WithCandidates(*store_, kTenant, *upstream_, other), other);
  EXPECT_TRUE(engine::WithCandidates(*store_, kTenant, *upstream_, absl::OkStatus()).ok());
}

TEST(AssetLibraryTimes, AnAssetLivesByTheVendorsWordElseByTheIdleTime) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  model::AssetLibrary library;
  EXPECT_EQ(engine::ExpireTime(library, now), absl::InfiniteFuture());
  EXPECT_EQ(engine::ExpireTime(library, now, now + absl::Hours(1)), now + absl::Hours(1));
  library.idle_ttl = absl::Hours(72);
  EXPECT_EQ(engine::ExpireTime(library, now), now + absl::Hours(72));
}

TEST(AssetLibraryTimes, AnAssetIsTouchedWellBeforeItIsDropped) {
  model::Asset asset;
  asset.expire_time = absl::FromUnixSeconds(1'800'000'000);
  const auto lead = [&](absl::Duration idle_ttl) {
    model::AssetLibrary library;
    library.idle_ttl = idle_ttl;
    return asset.expire_time - engine::TouchTime(library, asset);
  };
  EXPECT_EQ(lead(absl::Hours(100)), absl::Hours(5));
  EXPECT_EQ(lead(absl::Minutes(10)), absl::Minutes(1));
  EXPECT_EQ(lead(absl::Seconds(60)), absl::Seconds(30)) << "never at once after a use";
  EXPECT_EQ(lead(absl::ZeroDuration()), absl::Minutes(1)) << "the vendor alone says when";
  asset.expire_time = absl::InfiniteFuture();
  EXPECT_EQ(engine::TouchTime({}, asset), absl::InfiniteFuture());
}

TEST(AssetLibraryTimes, SmallStepsOfTheTimeAreNoNews) {
  const absl::Time time = absl::FromUnixSeconds(1'800'000'000);
  model::AssetLibrary library;
  library.idle_ttl = absl::Hours(100);
  EXPECT_FALSE(engine::IsOtherExpireTime(library, time, time));
  EXPECT_FALSE(engine::IsOtherExpireTime(library, time, time + absl::Minutes(59)));
  EXPECT_TRUE(engine::IsOtherExpireTime(library, time, time + absl::Hours(1)));
  EXPECT_TRUE(engine::IsOtherExpireTime(library, time, time - absl::Hours(1)));
  EXPECT_TRUE(engine::IsOtherExpireTime(library, time, absl::InfiniteFuture()));
  EXPECT_FALSE(engine::IsOtherExpireTime(library, absl::InfiniteFuture(), absl::InfiniteFuture()));
}

}  // namespace
}  // namespace seedance::testing
