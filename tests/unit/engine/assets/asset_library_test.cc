#include "service/engine/assets/asset_library.h"

#include <gtest/gtest.h>

namespace seedance::testing {
namespace {

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
