#include <algorithm>
#include <vector>

#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

using model::AssetState;
using model::MediaType;
using Texts = std::vector<std::string>;

Texts Ids(const std::vector<model::Asset>& assets) {
  Texts ids;
  for (const model::Asset& asset : assets) ids.push_back(asset.handle.id);
  return ids;
}

Texts Ids(const absl::StatusOr<model::Page<model::Asset>>& page) {
  return page.ok() ? Ids(page->items) : Texts{page.status().ToString()};
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

TEST_P(StoreContract, DeletedAssetIsGone) {
  ASSERT_TRUE(store().PutAsset(MakeAsset("a")).ok());
  ASSERT_TRUE(store().DeleteAsset({"vendor", "a"}).ok());
  EXPECT_EQ(store().GetAsset({"vendor", "a"}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Ids(store().ListAssets(OfTenant("tenant-a"), {}, 10)), Texts{});
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
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), (Texts{"image", "video", "sound", "twin"}));
}

TEST_P(StoreContract, AssetFilterByGroupsAtTheirUpstream) {
  AddFive(store());
  store::Store::AssetFilter filter = OfTenant("tenant-a");
  filter.groups = {{"vendor", "g1"}};
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), (Texts{"image", "video"}));
  filter.groups = {{"vendor-2", "g1"}, {"vendor", "g2"}, {"vendor", "a\"b\\"}};
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), (Texts{"sound", "twin"}));
  filter.groups = {{"vendor", "a\"b\\"}};
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), Texts{});
}

TEST_P(StoreContract, AssetFilterByTypeStateAndPartOfTheName) {
  AddFive(store());
  store::Store::AssetFilter filter = OfTenant("tenant-a");
  filter.media_type = MediaType::kImage;
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), (Texts{"image", "twin"}));
  filter.state = AssetState::kExpired;
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), Texts{"twin"});
  filter.display_name_contains = "TWIN";
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), Texts{"twin"});
  filter.display_name_contains = "image";
  EXPECT_EQ(Ids(store().ListAssets(filter, {}, 10)), Texts{});
}

TEST_P(StoreContract, AssetFilterHoldsOnEveryPage) {
  AddFive(store());
  store::Store::AssetFilter filter = OfTenant("tenant-a");
  filter.groups = {{"vendor", "g1"}, {"vendor-2", "g1"}};
  const auto first = store().ListAssets(filter, {}, 2);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Ids(first), (Texts{"image", "video"}));
  const auto second = store().ListAssets(filter, first->next, 2);
  EXPECT_EQ(Ids(second), Texts{"twin"});
  EXPECT_TRUE(second->next.at_start());
}

TEST_P(StoreContract, ProcessingAssetsAreListedForEveryTenant) {
  AddFive(store());
  model::Asset foreign = MakeAsset("foreign-2");
  foreign.tenant = "tenant-b";
  ASSERT_TRUE(store().PutAsset(foreign).ok());
  const auto processing = store().ListProcessingAssets();
  ASSERT_TRUE(processing.ok()) << processing.status();
  Texts ids = Ids(*processing);
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

}  // namespace
}  // namespace seedance::testing
