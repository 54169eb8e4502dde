#include <gmock/gmock.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "tests/sandbox/sandbox_fixture.h"

namespace seedance::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kCreateAsset[] = "/volc/asset/CreateAsset";

class AnyFastAssetsTest : public SandboxFixture {
 protected:
  static Json ImageBody(const std::string& group, const std::string& name) {
    return {{"GroupId", group}, {"Name", name}, {"AssetType", "Image"}, {"URL", "https://example.com/a.png"}};
  }
  Json GetAsset(const std::string& id, const std::string& key = "one") {
    return Post("/volc/asset/GetAsset", {{"Id", id}}, key).json();
  }
  // The only asset that the control port shows.
  Json ShownAsset() { return Control("GET", "/assets").json()["assets"][0]; }
};

TEST_F(AnyFastAssetsTest, AGroupIsUnknownUntilItsLagHasPassed) {
  const HttpAnswer made = Post("/volc/asset/CreateAssetGroup", {{"model", "volc-asset"}, {"Name", "g"}});
  const std::string id = TextOf(made.json(), "Id");
  EXPECT_THAT(id, MatchesRegex("group-[0-9]{14}-[0-9a-z]{5}"));
  const Json list = {{"model", "volc-asset"}, {"Filter", Json::object()}};
  EXPECT_EQ(Post("/volc/asset/ListAssetGroups", list).json()["TotalCount"], 0);
  const HttpAnswer early = Post(kCreateAsset, ImageBody(id, "a"));
  EXPECT_EQ(early.status, 404);
  EXPECT_EQ(early.error_message(),
            absl::StrCat("upstream_error: [NotFound.group_id] The specified asset_group ", id, " is not found."));
  Advance(2);
  EXPECT_EQ(Post("/volc/asset/ListAssetGroups", list).json()["Items"][0]["Id"], id);
  EXPECT_EQ(Post(kCreateAsset, ImageBody(id, "a")).status, 200);
}

TEST_F(AnyFastAssetsTest, AnAssetIsProcessingThenActive) {
  const std::string group = MakeGroup();
  const std::string id = TextOf(Post(kCreateAsset, ImageBody(group, "hero")).json(), "Id");
  EXPECT_THAT(id, MatchesRegex("asset-[0-9]{14}-[0-9a-z]{5}"));
  Json asset = GetAsset(id);
  EXPECT_EQ(asset["Status"], "Processing");
  EXPECT_EQ(asset["AssetType"], "Image");
  EXPECT_EQ(asset["GroupId"], group);
  EXPECT_EQ(asset["ProjectName"], "default");
  EXPECT_THAT(asset["CreateTime"].get<std::string>(), MatchesRegex("....-..-..T..:..:..Z"));
  Advance(3);
  EXPECT_EQ(GetAsset(id)["Status"], "Active");
}

TEST_F(AnyFastAssetsTest, NamesAskForFailureAndSlowness) {
  const std::string group = MakeGroup();
  const std::string failing = TextOf(Post(kCreateAsset, ImageBody(group, "x fail-FaceMismatch 1")).json(), "Id");
  const std::string slow = TextOf(Post(kCreateAsset, ImageBody(group, "slow one")).json(), "Id");
  EXPECT_EQ(GetAsset(failing)["Status"], "Processing");
  Advance(29);
  const Json failed = GetAsset(failing);
  EXPECT_EQ(failed["Status"], "Failed");
  EXPECT_EQ(failed["Error"]["Code"], "FaceMismatch");
  EXPECT_EQ(GetAsset(slow)["Status"], "Processing");
  Advance(1);
  EXPECT_EQ(GetAsset(slow)["Status"], "Active");
}

TEST_F(AnyFastAssetsTest, APreviewLinkIsRenewedOnEachReadAndExpires) {
  const std::string id = MakeAsset(MakeGroup(), "hero");
  const std::string first = TextOf(GetAsset(id), "URL");
  EXPECT_EQ(Fetch(first).status, 200);
  Advance(43201);
  EXPECT_EQ(Fetch(first).status, 403);
  const std::string second = TextOf(GetAsset(id), "URL");
  EXPECT_NE(first, second);
  EXPECT_EQ(Fetch(second).status, 200);
}

TEST_F(AnyFastAssetsTest, UploadsAreHashedAndBilledByType) {
  const std::string group = MakeGroup();
  const std::string bytes(3'000'000, '\7');
  const HttpAnswer made =
      Upload(bytes, {{"GroupId", group}, {"Name", "clip"}, {"AssetType", "Video"}, {"model", "volc-asset-video"}});
  ASSERT_EQ(made.status, 200) << made.body;
  const Json asset = ShownAsset();
  EXPECT_EQ(asset["size"], bytes.size());
  EXPECT_EQ(asset["sha256"], base::Sha256Hex(bytes));
  const Json bill = Ledger()["bills"][1];
  EXPECT_EQ(bill["action"], "CreateAsset");
  EXPECT_EQ(bill["model"], "volc-asset-video");
  EXPECT_EQ(bill["resource"], made.json()["Id"]);
}

TEST_F(AnyFastAssetsTest, AnImageUploadNeedsNeitherModelNorType) {
  const std::string group = MakeGroup();
  EXPECT_EQ(Upload("bytes", {{"GroupId", group}, {"Name", "hero"}}).status, 200);
  EXPECT_EQ(ShownAsset()["type"], "Image");
}

TEST_F(AnyFastAssetsTest, DataUrisAndBareBase64AreDecoded) {
  const std::string group = MakeGroup();
  const std::string bytes(200'001, 'x');
  const std::string base64 = absl::Base64Escape(bytes);
  Json body = ImageBody(group, "a");
  for (const std::string& source : {absl::StrCat("data:image/png;base64,", base64), base64}) {
    body["URL"] = source;
    ASSERT_EQ(Post(kCreateAsset, body).status, 200);
    EXPECT_EQ(ShownAsset()["sha256"], base::Sha256Hex(bytes));
    EXPECT_EQ(ShownAsset()["size"], bytes.size());
    Control("POST", "/reset");
    body["GroupId"] = MakeGroup();
  }
  body["URL"] = "not base64 at all!";
  EXPECT_THAT(Post(kCreateAsset, body).error_message(), HasSubstr("[InvalidParameter.URL]"));
}

TEST_F(AnyFastAssetsTest, ADuplicateNameInAGroupIsAMisleading404AndCostsNothing) {
  const std::string group = MakeGroup();
  ASSERT_EQ(Post(kCreateAsset, ImageBody(group, "hero")).status, 200);
  const HttpAnswer again = Post(kCreateAsset, ImageBody(group, "hero"));
  EXPECT_EQ(again.status, 404);
  EXPECT_THAT(again.error_message(), HasSubstr("[NotFound.group_id]"));
  EXPECT_EQ(Ledger()["bills"].size(), 2u);
}

TEST_F(AnyFastAssetsTest, BrokenCreateBodiesAre400WithTheFieldAndCostNothing) {
  const std::string group = MakeGroup();
  const Json good = ImageBody(group, "a");
  struct Row {
    const char* field;
    Json value;  // Null: removed.
    const char* expected;
  };
  const Row rows[] = {
      {"GroupId", nullptr, "[MissingParameter.GroupId]"},
      {"Name", nullptr, "[MissingParameter.Name]"},
      {"AssetType", nullptr, "[MissingParameter.AssetType]"},
      {"URL", nullptr, "[MissingParameter.URL]"},
      {"Name", std::string(65, 'n'), "[InvalidParameter.Name]"},
      {"AssetType", "Text", "[InvalidParameter.AssetType]"},
      {"AssetType", "Video", "[MissingParameter.model]"},
      {"model", "volc-asset-audio", "[InvalidParameter.model]"},
  };
  for (const Row& row : rows) {
    Json body = good;
    row.value.is_null() ? body.erase(row.field) : (body[row.field] = row.value, size_t{1});
    const HttpAnswer answer = Post(kCreateAsset, body);
    EXPECT_EQ(answer.status, 400) << row.expected;
    EXPECT_THAT(answer.error_message(), AllOf(HasSubstr("upstream_error: "), HasSubstr(row.expected)));
  }
  EXPECT_EQ(Ledger()["bills"].size(), 1u);
}

TEST_F(AnyFastAssetsTest, AVideoNeedsItsBillingModel) {
  const std::string group = MakeGroup();
  Json body = ImageBody(group, "clip");
  body["AssetType"] = "Video";
  body["model"] = "volc-asset";
  EXPECT_THAT(Post(kCreateAsset, body).error_message(), HasSubstr("[InvalidParameter.model]"));
  body["model"] = "volc-asset-video";
  EXPECT_EQ(Post(kCreateAsset, body).status, 200);
}

TEST_F(AnyFastAssetsTest, RealPersonGroupsAreRefusedForOrdinaryKeys) {
  const Json body = {{"model", "volc-asset"}, {"Name", "g"}, {"GroupType", "LivenessFace"}};
  const HttpAnswer answer = Post("/volc/asset/CreateAssetGroup", body);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.error_message(), HasSubstr("GroupType must be one of [AIGC]"));
  EXPECT_EQ(Post("/volc/asset/CreateVisualValidateSession", {{"CallbackURL", "https://a"}}).status, 400);
}

TEST_F(AnyFastAssetsTest, RealPersonGroupsAreListedOnlyWhenAskedFor) {
  Options options = DefaultOptions();
  options.liveness_groups = true;
  Restart(options);
  const Json body = {{"model", "volc-asset"}, {"Name", "face"}, {"GroupType", "LivenessFace"}};
  const std::string face = TextOf(Post("/volc/asset/CreateAssetGroup", body).json(), "Id");
  const std::string plain = MakeGroup("plain");
  Advance(5);
  const auto ids = [&](const std::string& action, const Json& filter) {
    std::vector<std::string> found;
    const Json page = Post(action, {{"Filter", filter}}).json();
    for (const Json& item : page["Items"]) found.push_back(TextOf(item, "Id"));
    return found;
  };
  const Json liveness = {{"GroupType", "LivenessFace"}};
  EXPECT_EQ(ids("/volc/asset/ListAssetGroups", liveness), std::vector<std::string>{face});
  EXPECT_EQ(ids("/volc/asset/ListAssetGroups", Json::object()), std::vector<std::string>{plain});
  const std::string asset = MakeAsset(face, "hero");
  EXPECT_EQ(ids("/volc/asset/ListAssets", liveness), std::vector<std::string>{asset});
  EXPECT_EQ(ids("/volc/asset/ListAssets", {{"GroupType", "AIGC"}}), std::vector<std::string>{});
}

TEST_F(AnyFastAssetsTest, ListsFilterAndPage) {
  const std::string cats = MakeGroup("cats");
  const std::string dogs = MakeGroup("dogs");
  for (int i = 0; i < 3; ++i) MakeAsset(cats, absl::StrCat("tom ", i));
  MakeAsset(dogs, "tom 9");
  const auto list = [&](const Json& filter, int page, int size) {
    return Post("/volc/asset/ListAssets",
                {{"model", "volc-asset"}, {"Filter", filter}, {"PageNumber", page}, {"PageSize", size}})
        .json();
  };
  EXPECT_EQ(list({{"Name", "tom"}, {"GroupIds", {cats}}, {"GroupType", "AIGC"}}, 1, 10)["TotalCount"], 3);
  const Json second = list({{"GroupIds", {cats}}}, 2, 2);
  EXPECT_EQ(second["TotalCount"], 3);
  EXPECT_EQ(second["PageNumber"], 2);
  EXPECT_EQ(second["PageSize"], 2);
  ASSERT_EQ(second["Items"].size(), 1u);
  EXPECT_EQ(second["Items"][0]["Name"], "tom 0");  // Newest first.
  EXPECT_EQ(list({{"Name", "9"}}, 1, 10)["Items"][0]["GroupId"], dogs);
  EXPECT_EQ(list(Json::object(), 1'000'000'000, 100)["Items"].size(), 0u);
  const Json groups = Post("/volc/asset/ListAssetGroups", {{"Filter", {{"Name", "og"}}}}).json();
  ASSERT_EQ(groups["Items"].size(), 1u);
  EXPECT_EQ(groups["Items"][0]["Id"], dogs);
  EXPECT_EQ(groups["Items"][0]["GroupType"], "AIGC");
}

TEST_F(AnyFastAssetsTest, ListsNeedAFilterAndASanePage) {
  EXPECT_THAT(Post("/volc/asset/ListAssets", Json::object()).error_message(), HasSubstr("[MissingParameter.Filter]"));
  const Json huge = {{"Filter", Json::object()}, {"PageSize", 101}};
  EXPECT_THAT(Post("/volc/asset/ListAssets", huge).error_message(), HasSubstr("[InvalidParameter.PageSize]"));
}

TEST_F(AnyFastAssetsTest, UpdateAndDeleteAnswerAsDocumented) {
  const std::string group = MakeGroup();
  const std::string asset = MakeAsset(group, "old");
  EXPECT_EQ(Post("/volc/asset/UpdateAsset", {{"Id", asset}, {"Name", "new"}}).json()["Id"], asset);
  EXPECT_EQ(GetAsset(asset)["Name"], "new");
  EXPECT_EQ(Post("/volc/asset/UpdateAssetGroup", {{"Id", group}, {"Name", "team"}}).json()["Id"], group);
  EXPECT_EQ(Post("/volc/asset/DeleteAsset", {{"Id", asset}}).json(), Json({{"Id", asset}, {"Deleted", true}}));
  EXPECT_EQ(Post("/volc/asset/DeleteAsset", {{"Id", asset}}).status, 404);
  const std::string inside = MakeAsset(group, "inside");
  EXPECT_EQ(Post("/volc/asset/DeleteAssetGroup", {{"Id", group}}).json()["Deleted"], true);
  EXPECT_EQ(Post("/volc/asset/GetAsset", {{"Id", inside}}).status, 404);
}

TEST_F(AnyFastAssetsTest, AnotherKeysResourcesDoNotExist) {
  const std::string group = MakeGroup();
  const std::string asset = MakeAsset(group, "hero");
  const HttpAnswer get = Post("/volc/asset/GetAsset", {{"Id", asset}}, "two");
  EXPECT_EQ(get.status, 404);
  EXPECT_THAT(get.error_message(), HasSubstr("[NotFound.asset_id]"));
  EXPECT_EQ(Post(kCreateAsset, ImageBody(group, "a"), "two").status, 404);
  EXPECT_EQ(Post("/volc/asset/DeleteAsset", {{"Id", asset}}, "two").status, 404);
  EXPECT_EQ(Post("/volc/asset/DeleteAssetGroup", {{"Id", group}}, "two").status, 404);
  const Json list = {{"Filter", Json::object()}};
  EXPECT_EQ(Post("/volc/asset/ListAssetGroups", list, "two").json()["TotalCount"], 0);
  EXPECT_EQ(Post("/volc/asset/ListAssets", list, "two").json()["TotalCount"], 0);
}

TEST_F(AnyFastAssetsTest, StrictMediaLooksAtTheBytes) {
  Options options = DefaultOptions();
  options.strict_media = true;
  Restart(options);
  const std::string group = MakeGroup();
  const auto failure = [&](const std::string& bytes, const std::string& name) {
    const std::string id = TextOf(Upload(bytes, {{"GroupId", group}, {"Name", name}}).json(), "Id");
    Advance(3);
    const Json asset = GetAsset(id);
    return asset.contains("Error") ? asset["Error"]["Code"].get<std::string>() : "";
  };
  const std::string png = "\x89PNG\r\n\x1a\n rest";
  EXPECT_EQ(failure(png, "good"), "");
  EXPECT_EQ(failure("plain text", "text"), "FormatUnsupported");
  EXPECT_EQ(failure("ID3 music", "music"), "TypeMismatch");
  EXPECT_EQ(failure(png + std::string(30 << 20, '\0'), "big"), "FileSizeTooLarge");
}

TEST_F(AnyFastAssetsTest, GroupNamesMayCarryTheIsolationPrefix) {
  Options options = DefaultOptions();
  options.prefix_names = true;
  Restart(options);
  MakeGroup("team");
  const Json groups = Post("/volc/asset/ListAssetGroups", {{"Filter", {{"Name", "team"}}}}).json();
  EXPECT_EQ(groups["Items"][0]["Name"], "[u-1]-[t-2]team");
}

}  // namespace
}  // namespace seedance::sandbox
