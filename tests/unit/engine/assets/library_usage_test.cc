// The vendor's library of assets in one look.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/metrics.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/store_gauges.h"
#include "tests/testing/eventually.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AssetLibraryTest : public EngineTest {
 protected:
  // So many assets that the tenant used `uses` times each.
  void Fill(const std::string& prefix, int count, int64_t uses, const std::string& tenant = kTenant) {
    for (int i = 0; i < count; ++i) {
      model::Asset asset = *store_->GetAsset(StoredAsset(absl::StrCat(prefix, i)));
      asset.tenant = tenant;
      asset.task_uses = uses;
      asset.last_used_time = clock_.Now() + absl::Seconds(i);
      asset.expire_time = clock_.Now() + absl::Hours(1 + i);
      ASSERT_TRUE(store_->PutAsset(asset).ok());
    }
  }
  absl::StatusOr<engine::LibraryUsage> Usage(const std::string& upstream = "", const std::string& tenant = kTenant) {
    Answer<engine::LibraryUsage> answer;
    engine_->assets().GetLibraryUsage(Caller(tenant), upstream, answer.done());
    return answer.Wait();
  }
};

TEST_F(AssetLibraryTest, ShowsWhatIsUsedWhatLapsesNextAndWhatWasUsedLast) {
  vendor_.profile().assets.library = {20, absl::Hours(72)};
  Start();
  Fill("a", 3, 2);
  Fill("other", 2, 1, kOther);
  const absl::StatusOr<engine::LibraryUsage> usage = Usage();
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_EQ(usage->upstream, "fake");
  EXPECT_EQ(usage->limits, (model::AssetLibrary{20, absl::Hours(72)}));
  EXPECT_EQ(usage->library.live, 5);
  EXPECT_EQ(usage->library.own, 3);
  ASSERT_EQ(usage->library.lapse_next.size(), 3u);
  EXPECT_EQ(usage->library.lapse_next[0].handle.id, "a0");
  EXPECT_EQ(usage->library.used_last[0].handle.id, "a2");
  EXPECT_FALSE(usage->nearly_full);
  EXPECT_THAT(usage->warnings, IsEmpty());
}

TEST_F(AssetLibraryTest, WarnsOfAssetsUsedOnceOnlyWhileItIsNearlyFull) {
  vendor_.profile().assets.library = {10, absl::Hours(72)};
  Start();
  Fill("often", 7, 2);
  Fill("once", 1, 1);
  EXPECT_FALSE(Usage()->nearly_full);
  EXPECT_THAT(Usage()->library.own_used_once, IsEmpty());
  Fill("never", 1, 0);  // 9 of 10.
  const absl::StatusOr<engine::LibraryUsage> usage = Usage();
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_TRUE(usage->nearly_full);
  ASSERT_EQ(usage->library.own_used_once.size(), 1u);
  EXPECT_EQ(usage->library.own_used_once[0].handle.id, "once0");
  EXPECT_THAT(usage->warnings,
              ElementsAre(HasSubstr("9 of 10 places"), HasSubstr("assets/fake~once0 was used by one task only")));
}

TEST_F(AssetLibraryTest, AnotherTenantsAssetsAreCountedButNotShown) {
  vendor_.profile().assets.library = {2, absl::Hours(72)};
  Start();
  Fill("other", 2, 1, kOther);
  const absl::StatusOr<engine::LibraryUsage> usage = Usage();
  EXPECT_TRUE(usage->nearly_full);
  EXPECT_EQ(usage->library.live, 2);
  EXPECT_EQ(usage->library.own, 0);
  EXPECT_THAT(usage->library.lapse_next, IsEmpty());
  EXPECT_THAT(usage->library.used_last, IsEmpty());
  EXPECT_THAT(usage->library.own_used_once, IsEmpty());
}

TEST_F(AssetLibraryTest, ALibraryWithoutALimitIsNeverNearlyFull) {
  vendor_.profile().assets.library = {};
  Start();
  Fill("a", 30, 1);
  EXPECT_FALSE(Usage()->nearly_full);
  EXPECT_EQ(Usage()->library.used_last.size(), 10u);
}

TEST_F(AssetLibraryTest, AnUnknownUpstreamIsInvalid) {
  Start();
  EXPECT_EQ(FieldsOf(Usage("nobody").status()), std::vector<std::string>{"upstream"});
}

TEST_F(AssetLibraryTest, MetricsSayHowFullItIsWithoutAskingTheStoreAtAScrape) {
  vendor_.profile().assets.library = {20, absl::Hours(72)};
  // The engine dies after the test's own objects.
  static auto* const kMetrics = new base::Metrics();
  base::Metrics& metrics = *kMetrics;
  engine::Engine::Options options;
  options.metrics = &metrics;
  Start(options);
  const auto shows = [&](const char* line) { return absl::StrContains(metrics.Scrape(), line); };
  ASSERT_TRUE(Eventually([&] { return shows("seedance_in_doubt_oldest_seconds{kind=\"asset\"} 0\n"); }));
  Fill("a", 2, 1);
  EXPECT_TRUE(shows("seedance_library_assets{upstream=\"fake\"} 0"));
  const absl::Time begin = clock_.Now();
  ASSERT_TRUE(EventuallyAfter([&] { clock_.Advance(engine::StoreGauges::kInterval); },
                              [&] { return shows("seedance_library_assets{upstream=\"fake\"} 2"); }));
  const int64_t left = 3600 - absl::ToInt64Seconds(clock_.Now() - begin);
  const std::string lapse = absl::StrCat("seedance_library_next_lapse_seconds{upstream=\"fake\"} ", left);
  ASSERT_TRUE(Eventually([&] { return shows(lapse.c_str()); })) << lapse;
  const std::string scraped = metrics.Scrape();
  EXPECT_THAT(scraped, HasSubstr("seedance_assets{state=\"ACTIVE\",upstream=\"fake\"} 2"));
  EXPECT_THAT(scraped, HasSubstr("seedance_library_max_assets{upstream=\"fake\"} 20"));
  EXPECT_THAT(scraped, HasSubstr("seedance_library_assets_used_once{upstream=\"fake\"} 2"));
}

}  // namespace
}  // namespace seedance::testing
