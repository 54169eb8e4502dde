// Groups and assets at the vendor.
#include "service/base/sha256.h"
#include "tests/contract/upstream/upstream_contract.h"
#include "tests/unit/http/text_source.h"

namespace seedance::testing {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::string StateOf(const absl::StatusOr<upstream::AssetReport>& report) {
  return report.ok() ? std::string(model::AssetStateName(report->state)) : report.status().ToString();
}
std::string StateOf(model::AssetState state) { return std::string(model::AssetStateName(state)); }

template <typename Report>
std::vector<std::string> Ids(const absl::StatusOr<upstream::ReportPage<Report>>& page) {
  std::vector<std::string> ids;
  if (!page.ok()) return {page.status().ToString()};
  for (const Report& item : page->items) ids.push_back(item.id);
  return ids;
}

void ExpectMissing(const absl::Status& status, const std::string& resource) {
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_EQ(ReasonOf(status), NameOf(Reason::kResourceNotFound)) << status;
  const auto named = base::GetErrorDetail(status).resource;
  ASSERT_TRUE(named.has_value()) << status;
  EXPECT_EQ(named->name, resource);
}

// ---- Groups ----

TEST_P(GroupContract, GroupIsReadBackRenamedAndDeleted) {
  const std::string id = NewGroup("summer");
  const auto read = groups().GetGroup({}, id);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->id, id);
  EXPECT_EQ(read->display_name, "summer");
  EXPECT_EQ(read->description, "description");
  EXPECT_TRUE(read->create_time.has_value());
  const absl::Status renamed = groups().UpdateGroup({}, id, "autumn");
  EXPECT_TRUE(renamed.ok()) << renamed;
  EXPECT_EQ(groups().GetGroup({}, id)->display_name, "autumn");
  const absl::Status deleted = groups().DeleteGroup({}, id);
  EXPECT_TRUE(deleted.ok()) << deleted;
  ExpectMissing(groups().GetGroup({}, id).status(), "assetGroups/account~" + id);
}

TEST_P(GroupContract, GroupsAreListedByPageAndByName) {
  const std::string summer = NewGroup("summer");
  const std::string autumn = NewGroup("autumn");
  const std::string winter = NewGroup("winter");
  EXPECT_THAT(Ids(groups().ListGroups({}, {})), UnorderedElementsAre(summer, autumn, winter));
  upstream::GroupQuery named;
  named.display_name_contains = "umm";
  EXPECT_THAT(Ids(groups().ListGroups({}, named)), ElementsAre(summer));
  upstream::GroupQuery paged;
  paged.page_size = 2;
  const auto first = groups().ListGroups({}, paged);
  paged.page = 2;
  const auto second = groups().ListGroups({}, paged);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(first->more);
  EXPECT_FALSE(second->more);
  std::vector<std::string> ids = Ids(first);
  for (const std::string& id : Ids(second)) ids.push_back(id);
  EXPECT_THAT(ids, UnorderedElementsAre(summer, autumn, winter));
}

TEST_P(GroupContract, GroupThatTheVendorDoesNotKnowIsNotFound) {
  ExpectMissing(groups().GetGroup({}, "no-such-group").status(), "assetGroups/account~no-such-group");
  ExpectMissing(groups().UpdateGroup({}, "no-such-group", "name"), "assetGroups/account~no-such-group");
  ExpectMissing(groups().DeleteGroup({}, "no-such-group"), "assetGroups/account~no-such-group");
}

TEST_P(GroupContract, AssetsAreListedByGroup) {
  upstream::NewAsset other = ImageByUrl("other");
  const std::string mine = MakeAsset("mine");
  other.group_id = NewGroup("another group");
  const auto theirs = assets().CreateAsset({}, other);
  ASSERT_TRUE(theirs.status.ok()) << theirs.status;
  upstream::AssetQuery query;
  query.group_ids = {other.group_id};
  EXPECT_THAT(Ids(assets().ListAssets({}, query)), ElementsAre(theirs.value));
  EXPECT_EQ(assets().GetAsset({}, theirs.value)->group_id, other.group_id);
  query.group_ids.push_back(ImageByUrl().group_id);
  EXPECT_THAT(Ids(assets().ListAssets({}, query)), UnorderedElementsAre(theirs.value, mine));
}

// ---- Assets ----

TEST_P(UpstreamContract, AssetIsProcessedAndBecomesActive) {
  const std::string id = MakeAsset("hero");
  const auto fresh = assets().GetAsset({}, id);
  ASSERT_EQ(StateOf(fresh), StateOf(model::AssetState::kProcessing));
  EXPECT_EQ(fresh->id, id);
  EXPECT_EQ(fresh->display_name, "hero");
  EXPECT_EQ(fresh->media_type, model::MediaType::kImage);
  EXPECT_TRUE(fresh->create_time.has_value());
  Advance(kAssetTime * 2);
  const auto ready = assets().GetAsset({}, id);
  EXPECT_EQ(StateOf(ready), StateOf(model::AssetState::kActive));
  EXPECT_EQ(ready->error.reason, Reason::kUnspecified);
}

TEST_P(UpstreamContract, AssetThatTheVendorCannotUseFailsWithAReason) {
  const std::string id = MakeAsset("fail-DownloadFailed");
  Advance(kAssetTime * 2);
  const auto failed = assets().GetAsset({}, id);
  ASSERT_EQ(StateOf(failed), StateOf(model::AssetState::kFailed));
  EXPECT_NE(failed->error.reason, Reason::kUnspecified);
  EXPECT_NE(failed->error.message, "");
}

TEST_P(UpstreamContract, AssetsAreListedByPageAndByName) {
  const std::vector<std::string> all = {MakeAsset("one"), MakeAsset("two"), MakeAsset("three")};
  upstream::AssetQuery query;
  if (Has(Capability::kGroups)) query.group_ids = {ImageByUrl().group_id};
  EXPECT_THAT(Ids(assets().ListAssets({}, query)), ::testing::UnorderedElementsAreArray(all));
  query.display_name_contains = "hre";
  EXPECT_THAT(Ids(assets().ListAssets({}, query)), ElementsAre(all[2]));
  query.display_name_contains.clear();
  query.page_size = 2;
  const auto first = assets().ListAssets({}, query);
  query.page = 2;
  const auto second = assets().ListAssets({}, query);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(first->more);
  EXPECT_FALSE(second->more);
  std::vector<std::string> ids = Ids(first);
  for (const std::string& id : Ids(second)) ids.push_back(id);
  EXPECT_THAT(ids, ::testing::UnorderedElementsAreArray(all));
}

TEST_P(UpstreamContract, AssetIsDeleted) {
  const std::string id = MakeAsset();
  const absl::Status deleted = assets().DeleteAsset({}, id);
  EXPECT_TRUE(deleted.ok()) << deleted;
  ExpectMissing(assets().GetAsset({}, id).status(), "assets/account~" + id);
  EXPECT_TRUE(Must(sandbox().Assets()).empty());
}

TEST_P(UpstreamContract, AssetThatTheVendorDoesNotKnowIsNotFound) {
  MakeAsset();
  ExpectMissing(assets().GetAsset({}, "no-such-asset").status(), "assets/account~no-such-asset");
  ExpectMissing(assets().DeleteAsset({}, "no-such-asset"), "assets/account~no-such-asset");
}

TEST_P(RenameContract, AssetIsRenamed) {
  const std::string id = MakeAsset("hero");
  const absl::Status renamed = asset_names().UpdateAsset({}, id, "hero, front");
  EXPECT_TRUE(renamed.ok()) << renamed;
  EXPECT_EQ(assets().GetAsset({}, id)->display_name, "hero, front");
  ExpectMissing(asset_names().UpdateAsset({}, "no-such-asset", "name"), "assets/account~no-such-asset");
}

TEST_P(BytesContract, BytesArriveAsTheyAre) {
  const std::string file(3 << 20, '\xff');
  for (const size_t piece : {size_t{7777}, size_t{1} << 20}) {
    http::TextSource bytes(file, piece);
    upstream::NewAsset asset = ImageByUrl("piece of " + std::to_string(piece));
    asset.uri.clear();
    asset.data = &bytes;
    asset.file_name = "hero.png";
    const auto created = assets().CreateAsset({}, asset);
    ASSERT_TRUE(created.status.ok()) << created.status;
    const std::vector<SandboxAsset> there = Must(sandbox().Assets());
    EXPECT_EQ(there.back().id, created.value);
    EXPECT_EQ(there.back().sha256, base::Sha256Hex(file));
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, GroupContract, ::testing::ValuesIn(DialectsWith(Capability::kGroups)), DialectName);
INSTANTIATE_TEST_SUITE_P(Dialects, RenameContract, ::testing::ValuesIn(DialectsWith(Capability::kRename)), DialectName);

}  // namespace
}  // namespace seedance::testing
