#include <algorithm>
#include <vector>

#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

using model::AssetState;
using model::MediaType;
using Texts = std::vector<std::string>;

Texts AssetIds(const std::vector<model::Asset>& assets) {
  Texts ids;
  for (const model::Asset& asset : assets) ids.push_back(asset.handle.id);
  return ids;
}

Texts AssetIds(const absl::StatusOr<model::Page<model::Asset>>& page) {
  return page.ok() ? AssetIds(page->items) : Texts{page.status().ToString()};
}

store::Store::AssetFilter OfTenant(const std::string& tenant) {
  store::Store::AssetFilter filter;
  filter.tenant = tenant;
  return filter;
}

TEST_P(StoreContract, AssetIsReadBackWithEveryField) {
  const auto written = store().PutAsset(FullAsset());
  ASSERT_TRUE(written.ok()) << written.status();
  Reopen();
  const auto read = store().GetAsset(FullAsset().handle);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Describe(*read), Describe(FullAsset()));
  EXPECT_EQ(read->revision, written->revision);
}

TEST_P(StoreContract, AssetWithoutExpiryNeverExpires) {
  ASSERT_TRUE(store().PutAsset(MakeAsset("a")).ok());
  EXPECT_EQ(store().GetAsset({"vendor", "a"})->expire_time, absl::InfiniteFuture());
}

TEST_P(StoreContract, MissingAssetIsNotFoundByEveryMethod) {
  const model::UpstreamHandle none{"vendor", "none"};
  bool called = false;
  const auto change = [&](model::Asset&) {
    called = true;
    return absl::OkStatus();
  };
  EXPECT_EQ(base::GetReason(store().GetAsset(none).status()), base::Reason::kResourceNotFound);
  EXPECT_EQ(base::GetReason(store().UpdateAsset(none, change).status()), base::Reason::kResourceNotFound);
  EXPECT_EQ(base::GetReason(store().DeleteAsset(none)), base::Reason::kResourceNotFound);
  EXPECT_FALSE(called);
}

TEST_P(StoreContract, UpdateAssetWritesWhatChangeDid) {
  const auto before = store().PutAsset(MakeAsset("a"));
  ASSERT_TRUE(before.ok()) << before.status();
  const auto after = store().UpdateAsset({"vendor", "a"}, [](model::Asset& asset) {
    asset.state = AssetState::kActive;
    asset.update_time = At(9);
    return absl::OkStatus();
  });
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->state, AssetState::kActive);
  EXPECT_GT(after->revision, before->revision);
  const auto read = store().GetAsset({"vendor", "a"});
  EXPECT_EQ(Describe(*read), Describe(*after));
  EXPECT_EQ(read->revision, after->revision);
  EXPECT_EQ(read->update_time, At(9));
}

TEST_P(StoreContract, RefusedAssetChangeWritesNothing) {
  const auto before = store().PutAsset(MakeAsset("a"));
  ASSERT_TRUE(before.ok()) << before.status();
  const auto refused = store().UpdateAsset({"vendor", "a"}, [](model::Asset& asset) {
    asset.state = AssetState::kFailed;
    return absl::AbortedError("no");
  });
  EXPECT_EQ(refused.status(), absl::AbortedError("no"));
  const auto read = store().GetAsset({"vendor", "a"});
  EXPECT_EQ(read->state, AssetState::kProcessing);
  EXPECT_EQ(read->revision, before->revision);
}

TEST_P(StoreContract, AnAssetThatTheVendorCallsOtherwiseByNowIsNotDeleted) {
  model::Asset asset = MakeAsset("a");
  ASSERT_TRUE(store().PutAsset(asset).ok());
  EXPECT_EQ(*store().DeleteAssetOf(asset.handle, "a-2"), false);
  asset.vendor_id = "a-2";
  ASSERT_TRUE(store().PutAsset(asset).ok());
  EXPECT_EQ(*store().DeleteAssetOf(asset.handle, "a"), false);
  EXPECT_TRUE(store().GetAsset(asset.handle).ok());
  EXPECT_EQ(*store().DeleteAssetOf(asset.handle, "a-2"), true);
  EXPECT_EQ(base::GetReason(store().DeleteAssetOf(asset.handle, "a-2").status()), base::Reason::kResourceNotFound);
}

TEST_P(StoreContract, DeletedAssetIsGone) {
  ASSERT_TRUE(store().PutAsset(MakeAsset("a")).ok());
  ASSERT_TRUE(store().DeleteAsset({"vendor", "a"}).ok());
  EXPECT_EQ(store().GetAsset({"vendor", "a"}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(AssetIds(store().ListAssets(OfTenant("tenant-a"), {}, 10)), Texts{});
}

// Five assets, each older than the one before.
void AddFive(store::Store& store) {
  int age = 0;
  const auto add = [&](const std::string& id, const model::UpstreamHandle& group, MediaType type, AssetState state,
                       const std::string& tenant) {
    model::Asset asset = MakeAsset(id);
    asset.group = group;
    asset.media_type = type;
    asset.state = state;
    asset.tenant = tenant;
    asset.create_time = At(--age);
    EXPECT_TRUE(store.PutAsset(asset).ok());
  };
  add("image", {"vendor", "g1"}, MediaType::kImage, AssetState::kActive, "tenant-a");
  add("video", {"vendor", "g1"}, MediaType::kVideo, AssetState::kProcessing, "tenant-a");
  add("sound", {"vendor", "g2"}, MediaType::kAudio, AssetState::kFailed, "tenant-a");
  add("twin", {"vendor-2", "g1"}, MediaType::kImage, AssetState::kExpired, "tenant-a");
  add("foreign", {"vendor", "g1"}, MediaType::kImage, AssetState::kActive, "tenant-b");
}

TEST_P(StoreContract, AssetsOfTheTenantAreListedNewestFirst) {
  AddFive(store());
  store::Store::AssetFilter filter = OfTenant("tenant-a");
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), (Texts{"image", "video", "sound", "twin"}));
}

TEST_P(StoreContract, AssetFilterByGroupsAtTheirUpstream) {
  AddFive(store());
  store::Store::AssetFilter filter = OfTenant("tenant-a");
  filter.groups = {{"vendor", "g1"}};
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), (Texts{"image", "video"}));
  filter.groups = {{"vendor-2", "g1"}, {"vendor", "g2"}, {"vendor", "a\"b\\"}};
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), (Texts{"sound", "twin"}));
  filter.groups = {{"vendor", "a\"b\\"}};
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), Texts{});
}

TEST_P(StoreContract, AssetFilterByTypeStateAndPartOfTheName) {
  AddFive(store());
  store::Store::AssetFilter filter = OfTenant("tenant-a");
  filter.media_type = MediaType::kImage;
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), (Texts{"image", "twin"}));
  filter.state = AssetState::kExpired;
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), Texts{"twin"});
  filter.display_name_contains = "TWIN";
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), Texts{"twin"});
  filter.display_name_contains = "image";
  EXPECT_EQ(AssetIds(store().ListAssets(filter, {}, 10)), Texts{});
}

TEST_P(StoreContract, AssetFilterHoldsOnEveryPage) {
  AddFive(store());
  store::Store::AssetFilter filter = OfTenant("tenant-a");
  filter.groups = {{"vendor", "g1"}, {"vendor-2", "g1"}};
  const auto first = store().ListAssets(filter, {}, 2);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(AssetIds(first), (Texts{"image", "video"}));
  const auto second = store().ListAssets(filter, first->next, 2);
  EXPECT_EQ(AssetIds(second), Texts{"twin"});
  EXPECT_TRUE(second->next.at_start());
}

TEST_P(StoreContract, ProcessingAssetsAreListedForEveryTenant) {
  AddFive(store());
  model::Asset foreign = MakeAsset("foreign-2");
  foreign.tenant = "tenant-b";
  ASSERT_TRUE(store().PutAsset(foreign).ok());
  const auto processing = store().ListProcessingAssets();
  ASSERT_TRUE(processing.ok()) << processing.status();
  Texts ids = AssetIds(*processing);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (Texts{"foreign-2", "video"}));
}

TEST_P(StoreContract, AssetIsFoundByExactNameWhenItMayBeUsed) {
  AddFive(store());
  const auto found = store().FindAsset({"vendor", "g1"}, "Asset image");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->handle.id, "image");
  EXPECT_GT((*found)->revision, 0);
  EXPECT_FALSE(store().FindAsset({"vendor", "g1"}, "asset image")->has_value()) << "other case";
  EXPECT_FALSE(store().FindAsset({"vendor", "g2"}, "Asset image")->has_value()) << "other group";
  EXPECT_FALSE(store().FindAsset({"vendor", "g2"}, "Asset sound")->has_value()) << "FAILED";
  EXPECT_FALSE(store().FindAsset({"vendor-2", "g1"}, "Asset twin")->has_value()) << "EXPIRED";
}

TEST_P(StoreContract, AssetsReusedMarkIsNeverStored) {
  model::Asset asset = MakeAsset("a");
  asset.reused = true;
  ASSERT_TRUE(store().PutAsset(asset).ok());
  EXPECT_FALSE(store().GetAsset(asset.handle)->reused);
}

// An asset with those bytes, made so many seconds after the first.
model::Asset WithContent(const std::string& id, const std::string& sha256, AssetState state, double seconds) {
  model::Asset asset = MakeAsset(id);
  asset.media_info.sha256 = sha256;
  asset.state = state;
  asset.create_time = At(seconds);
  return asset;
}

TEST_P(StoreContract, AssetIsFoundByItsContentWhenItMayBeUsedTheOldestFirst) {
  const model::UpstreamHandle group{"vendor", "group"};
  const auto find = [&](const std::string& sha256) {
    const auto found = store().FindAssetByContent(group, sha256);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && found->has_value() ? (*found)->handle.id : "none";
  };
  EXPECT_EQ(find("aa"), "none");
  ASSERT_TRUE(store().PutAsset(WithContent("failed", "aa", AssetState::kFailed, 1)).ok());
  ASSERT_TRUE(store().PutAsset(WithContent("expired", "aa", AssetState::kExpired, 2)).ok());
  EXPECT_EQ(find("aa"), "none");
  ASSERT_TRUE(store().PutAsset(WithContent("active", "aa", AssetState::kActive, 4)).ok());
  EXPECT_EQ(find("aa"), "active");
  ASSERT_TRUE(store().PutAsset(WithContent("processing", "aa", AssetState::kProcessing, 3)).ok());
  EXPECT_EQ(find("aa"), "processing");
  EXPECT_EQ(find("bb"), "none");
  EXPECT_FALSE(store().FindAssetByContent({"vendor-2", "group"}, "aa")->has_value()) << "other group";
}

TEST_P(StoreContract, AssetsOfUnknownContentAreNoTwins) {
  ASSERT_TRUE(store().PutAsset(MakeAsset("a")).ok());
  EXPECT_FALSE(store().FindAssetByContent({"vendor", "group"}, "")->has_value());
}

TEST_P(StoreContract, AssetIsFoundByTheContentThatItHasAfterAnUpdate) {
  ASSERT_TRUE(store().PutAsset(WithContent("a", "aa", AssetState::kActive, 0)).ok());
  ASSERT_TRUE(store()
                  .UpdateAsset({"vendor", "a"},
                               [](model::Asset& asset) {
                                 asset.media_info.sha256 = "bb";
                                 return absl::OkStatus();
                               })
                  .ok());
  EXPECT_FALSE(store().FindAssetByContent({"vendor", "group"}, "aa")->has_value());
  EXPECT_TRUE(store().FindAssetByContent({"vendor", "group"}, "bb")->has_value());
}

TEST_P(StoreContract, ActiveAssetsWithAnExpiryAreListedForEveryTenant) {
  const auto add = [&](const std::string& id, AssetState state, absl::Time expire_time, const std::string& tenant) {
    model::Asset asset = MakeAsset(id);
    asset.state = state;
    asset.expire_time = expire_time;
    asset.tenant = tenant;
    EXPECT_TRUE(store().PutAsset(asset).ok());
  };
  add("forever", AssetState::kActive, absl::InfiniteFuture(), "tenant-a");
  add("mine", AssetState::kActive, At(60), "tenant-a");
  add("theirs", AssetState::kActive, At(-60), "tenant-b");
  add("processing", AssetState::kProcessing, At(60), "tenant-a");
  add("expired", AssetState::kExpired, At(60), "tenant-a");
  const auto expiring = store().ListExpiringAssets();
  ASSERT_TRUE(expiring.ok()) << expiring.status();
  Texts ids = AssetIds(*expiring);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (Texts{"mine", "theirs"}));
}

TEST_P(StoreContract, LiveAssetsOfAnUpstreamAreCountedForEveryTenant) {
  EXPECT_EQ(LiveAssets(store(), "vendor"), 0);
  AddFive(store());
  EXPECT_EQ(LiveAssets(store(), "vendor"), 3);
  EXPECT_EQ(LiveAssets(store(), "vendor-2"), 0) << "EXPIRED";
}

TEST_P(StoreContract, LongestUnusedLiveAssetsOfTheTenantComeFirst) {
  const auto add = [&](const std::string& id, double created, absl::Time used, AssetState state) {
    model::Asset asset = MakeAsset(id);
    asset.create_time = At(created);
    asset.last_used_time = used;
    asset.state = state;
    EXPECT_TRUE(store().PutAsset(asset).ok());
  };
  add("old-but-used", 0, At(100), AssetState::kActive);
  add("never-used", 50, absl::InfinitePast(), AssetState::kActive);
  add("used-once", 10, At(20), AssetState::kProcessing);
  add("expired", 1, At(1), AssetState::kExpired);
  model::Asset foreign = MakeAsset("foreign");
  foreign.tenant = "tenant-b";
  ASSERT_TRUE(store().PutAsset(foreign).ok());
  model::Asset elsewhere = MakeAsset("elsewhere");
  elsewhere.handle.upstream = "vendor-2";
  ASSERT_TRUE(store().PutAsset(elsewhere).ok());
  const auto unused = store().ListLeastRecentlyUsed("tenant-a", "vendor", 10);
  ASSERT_TRUE(unused.ok()) << unused.status();
  EXPECT_EQ(AssetIds(*unused), (Texts{"used-once", "never-used", "old-but-used"}));
  EXPECT_EQ(AssetIds(*store().ListLeastRecentlyUsed("tenant-a", "vendor", 2)), (Texts{"used-once", "never-used"}));
}

TEST_P(StoreContract, TheLibrarySaysWhatIsUsedAndWhatLapsesNext) {
  const auto add = [&](const std::string& id, AssetState state, double used, int64_t uses, double expires) {
    model::Asset asset = MakeAsset(id);
    asset.state = state;
    asset.last_used_time = At(used);
    asset.task_uses = uses;
    if (expires > 0) asset.expire_time = At(expires);
    EXPECT_TRUE(store().PutAsset(asset).ok());
  };
  add("a", AssetState::kActive, 30, 1, 300);
  add("b", AssetState::kActive, 10, 1, 200);
  add("c", AssetState::kProcessing, 20, 2, 0);
  add("d", AssetState::kActive, 40, 0, 0);
  add("failed", AssetState::kFailed, 99, 1, 1);
  add("expired", AssetState::kExpired, 98, 1, 1);
  model::Asset foreign = MakeAsset("foreign");
  foreign.tenant = "tenant-b";
  foreign.task_uses = 1;
  foreign.state = AssetState::kActive;
  foreign.expire_time = At(100);
  ASSERT_TRUE(store().PutAsset(foreign).ok());
  model::Asset elsewhere = MakeAsset("elsewhere");
  elsewhere.handle.upstream = "vendor-2";
  ASSERT_TRUE(store().PutAsset(elsewhere).ok());
  model::AssetClaim claim = {{"vendor", "group"}, "new"};
  ASSERT_TRUE(store().ClaimAsset("rename 1", claim, At(0)).ok());
  const auto library = store().ReadLibrary("tenant-a", "vendor", At(1), 10);
  ASSERT_TRUE(library.ok()) << library.status();
  EXPECT_EQ(library->live, 5);
  EXPECT_EQ(library->claimed, 1);
  EXPECT_EQ(library->own, 4);
  EXPECT_EQ(library->used_once, 3);
  EXPECT_EQ(library->lapses, At(100));
  EXPECT_EQ(AssetIds(library->lapse_next), (Texts{"b", "a"}));
  EXPECT_EQ(AssetIds(library->used_last), (Texts{"d", "a", "c", "b"}));
  EXPECT_EQ(AssetIds(library->own_used_once), (Texts{"b", "a"}));
  EXPECT_EQ(AssetIds(store().ReadLibrary("tenant-a", "vendor", At(1), 1)->used_last), Texts{"d"});
  EXPECT_EQ(store().ReadLibrary("tenant-a", "vendor", At(1) + store::Store::kClaimInDoubt, 1)->claimed, 0);
  const auto empty = store().ReadLibrary("tenant-a", "nobody", At(1), 1);
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->live + empty->own + empty->used_once, 0);
  EXPECT_EQ(empty->lapses, absl::InfiniteFuture());
}

TEST_P(StoreContract, AddingAnAssetThatIsThereChangesNothing) {
  const auto first = store().AddAsset(FullAsset());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Describe(*first), Describe(FullAsset()));
  model::Asset other = FullAsset();
  other.display_name = "other";
  const auto second = store().AddAsset(other);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Describe(*second), Describe(FullAsset()));
  EXPECT_EQ(second->revision, first->revision);
  EXPECT_EQ(Describe(*store().GetAsset(other.handle)), Describe(FullAsset()));
}

TEST_P(StoreContract, AssetIsFoundByTheIdThatTheVendorKnowsItByNow) {
  model::Asset asset = MakeAsset("a");
  ASSERT_TRUE(store().PutAsset(asset).ok());
  EXPECT_FALSE(store().FindAssetByVendorId("vendor", "")->has_value()) << "never created again";
  asset.vendor_id = "a-2";
  ASSERT_TRUE(store().PutAsset(asset).ok());
  const auto found = store().FindAssetByVendorId("vendor", "a-2");
  ASSERT_TRUE(found.ok() && found->has_value()) << found.status();
  EXPECT_EQ((*found)->handle, asset.handle);
  EXPECT_FALSE(store().FindAssetByVendorId("vendor", "a")->has_value());
  EXPECT_FALSE(store().FindAssetByVendorId("vendor-2", "a-2")->has_value());
}

}  // namespace
}  // namespace seedance::testing
