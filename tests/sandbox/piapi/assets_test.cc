#include <gmock/gmock.h>

#include "tests/sandbox/piapi/fixture.h"

namespace seedance::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kUpload[] = "/api/v1/asset/upload";
constexpr double kDay = 24 * 3600;

class PiApiAssetsTest : public PiApiFixture {
 protected:
  HttpAnswer Upload(const Json& body) { return Call("POST", kUpload, body); }
  Json List(const std::string& query = "") { return Call("GET", "/api/v1/asset/list" + query).json(); }
  HttpAnswer Read(const std::string& id) { return Call("GET", "/api/v1/asset/" + id); }
  std::string StatusOf(const std::string& id) { return TextOf(Read(id).json(), "status"); }
  // What a task with the asset is answered.
  int StatusOfUse(const std::string& id) {
    return CreateTask("seedance-2-less-restriction", {{"prompt", "x"}, {"image_urls", {"asset://" + id}}}).status;
  }
  size_t Bills() { return Ledger()["bills"].size(); }
};

TEST_F(PiApiAssetsTest, AnUploadAnswersFlatAndIsBilled) {
  const Json made = Upload({{"url", "https://example.com/a/hero.PNG?sig=1"}}).json();
  EXPECT_THAT(TextOf(made, "asset_id"), MatchesRegex("asset-[0-9]{14}-[0-9a-z]{5}"));
  EXPECT_EQ(made["status"], "Processing");
  EXPECT_EQ(made.size(), 4u);
  absl::Time upload;
  absl::Time expires;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, TextOf(made, "upload_at"), &upload, nullptr));
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, TextOf(made, "expires_at"), &expires, nullptr));
  EXPECT_EQ(expires - upload, absl::Hours(7 * 24));
  const Json bill = Ledger()["bills"][0];
  EXPECT_EQ(bill["action"], "CreateAsset");
  EXPECT_EQ(bill["model"], "piapi-asset");
  EXPECT_EQ(bill["resource"], made["asset_id"]);
  const Json item = Read(TextOf(made, "asset_id")).json();
  EXPECT_EQ(item["name"], "hero.PNG");
  EXPECT_EQ(item["asset_type"], "Image");
}

TEST_F(PiApiAssetsTest, AnAssetBecomesActiveOrFailed) {
  const std::string good = Asset("good");
  const std::string bad = Asset("fail-FaceMismatch");
  const std::string slow = Asset("slow");
  EXPECT_EQ(StatusOf(good), "Processing");
  Advance(3);
  EXPECT_EQ(StatusOf(good), "Active");
  EXPECT_EQ(StatusOf(bad), "Failed");
  EXPECT_THAT(TextOf(Read(bad).json(), "error"), HasSubstr("FaceMismatch"));
  EXPECT_EQ(StatusOf(slow), "Processing");
  Advance(27);
  EXPECT_EQ(StatusOf(slow), "Active");
}

TEST_F(PiApiAssetsTest, OnlyPublicUrlsOfAKnownTypeAreTaken) {
  for (const Json& body : std::vector<Json>{{{"url", "data:image/png;base64,aGVsbG8="}},
                                            {{"url", "aGVsbG8="}},
                                            {{"url", ""}},
                                            {{"name", "x"}},
                                            {{"url", "https://example.com/x"}},
                                            {{"url", "https://example.com/x.png"}, {"asset_type", "Text"}},
                                            "text"}) {
    const HttpAnswer refused = Upload(body);
    EXPECT_EQ(refused.status, 400) << Dump(body);
    EXPECT_EQ(refused.json()["code"], 400);
  }
  EXPECT_EQ(Bills(), 0u);
}

TEST_F(PiApiAssetsTest, AssetsBelongToTheirKey) {
  const std::string id = Asset("hero");
  EXPECT_EQ(Call("GET", "/api/v1/asset/" + id, Json(), "two").status, 404);
  EXPECT_EQ(Call("DELETE", "/api/v1/asset/" + id, Json(), "two").status, 404);
  EXPECT_EQ(Call("GET", "/api/v1/asset/list", Json(), "two").json()["items"].size(), 0u);
}

TEST_F(PiApiAssetsTest, ADeletedAssetIsGone) {
  const std::string id = ActiveAsset("hero");
  EXPECT_EQ(Call("DELETE", "/api/v1/asset/" + id).json()["deleted"], true);
  EXPECT_EQ(Read(id).status, 404);
  EXPECT_EQ(Call("DELETE", "/api/v1/asset/" + id).status, 404);
  EXPECT_EQ(StatusOfUse(id), 400);
}

TEST_F(PiApiAssetsTest, TheListIsNewestFirstWithPagesAndAFilterByTheShownWord) {
  for (const char* name : {"a", "b", "fail-X"}) Asset(name);
  Advance(3);
  const Json all = List();
  ASSERT_EQ(all["items"].size(), 3u);
  EXPECT_EQ(all["items"][2]["name"], "a");
  EXPECT_EQ(List("?status=Active")["total"], 2);
  EXPECT_EQ(List("?status=active")["total"], 0);
  const Json page = List("?page=2&page_size=2");
  EXPECT_EQ(page["total"], 3);
  ASSERT_EQ(page["items"].size(), 1u);
  EXPECT_EQ(page["items"][0]["name"], "a");
  EXPECT_EQ(List("?page=9223372036854775807&page_size=2")["items"].size(), 0u);
  EXPECT_EQ(List("?page=x&page_size=-1")["items"].size(), 3u);
}

TEST_F(PiApiAssetsTest, StatusWordsComeInTheChosenCase) {
  RestartWith([](Options& options) { options.piapi.word_case = WordCase::kUpper; });
  EXPECT_EQ(StatusOf(Asset("a")), "PROCESSING");
  EXPECT_EQ(Data(Task("x"))["status"], "PENDING");
  RestartWith([](Options& options) { options.piapi.word_case = WordCase::kLower; });
  EXPECT_EQ(StatusOf(Asset("a")), "processing");
  RestartWith([](Options& options) { options.piapi.word_case = WordCase::kMixed; });
  std::set<std::string> words;
  for (int i = 0; i < 20; ++i) words.insert(StatusOf(Asset("a")));
  EXPECT_EQ(words.size(), 3u);
}

TEST_F(PiApiAssetsTest, AFullQuotaRefusesAndFailedAssetsDoNotCount) {
  RestartWith([](Options& options) { options.piapi.max_assets = 2; });
  const std::string failing = Asset("fail-X");
  Asset("a");
  const HttpAnswer full = Upload({{"url", "https://example.com/b.png"}});
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.json()["code"], 429);
  EXPECT_THAT(TextOf(full.json(), "message"), HasSubstr("asset quota exceeded"));
  EXPECT_EQ(Bills(), 2u);
  Advance(3);
  ASSERT_EQ(StatusOf(failing), "Failed");
  Asset("b");
  EXPECT_EQ(Call("POST", kUpload, {{"url", "https://example.com/b.png"}}, "two").status, 200);
}

TEST_F(PiApiAssetsTest, ThePlanGivesQuotaAndIdleTime) {
  PiApiOptions options;
  EXPECT_EQ(options.AssetQuota(), 200);
  EXPECT_EQ(options.AssetTtl(), absl::Hours(7 * 24));
  options.plan = PiApiPlan::kHobbyist;
  EXPECT_EQ(options.AssetQuota(), 50);
  EXPECT_EQ(options.AssetTtl(), absl::Hours(3 * 24));
  options.plan = PiApiPlan::kEnterprise;
  EXPECT_EQ(options.AssetQuota(), 1000);
  EXPECT_EQ(options.AssetTtl(), absl::Hours(15 * 24));
  options.asset_ttl = absl::Seconds(9);
  EXPECT_EQ(options.AssetTtl(), absl::Seconds(9));
}

TEST_F(PiApiAssetsTest, AnIdleAssetIsPurged) {
  const std::string id = ActiveAsset("hero");
  Advance(7 * kDay);
  EXPECT_EQ(StatusOfUse(id), 400);
  EXPECT_EQ(Read(id).status, 404);
  EXPECT_EQ(List()["total"], 0);
}

TEST_F(PiApiAssetsTest, GetListAndUseKeepAnAssetAlive) {
  const std::string id = ActiveAsset("hero");
  Advance(6 * kDay);
  EXPECT_EQ(StatusOf(id), "Active");
  Advance(6 * kDay);
  EXPECT_EQ(List()["total"], 1);
  Advance(6 * kDay);
  EXPECT_EQ(StatusOfUse(id), 200);
  Advance(6 * kDay);
  const Json shown = Control("GET", "/assets").json()["assets"][0];
  EXPECT_EQ(shown["expire_time"].get<double>() - shown["last_used_time"].get<double>(), 7 * kDay);
  Advance(kDay);
  EXPECT_EQ(Read(id).status, 404);
}

TEST_F(PiApiAssetsTest, ARefusedTaskDoesNotKeepItsAssetsAlive) {
  const std::string id = ActiveAsset("hero");
  Advance(6 * kDay);
  EXPECT_EQ(CreateTask("seedance-2", {{"prompt", "x"}, {"image_urls", {"asset://" + id}}}).status, 422);
  Advance(kDay);
  EXPECT_EQ(Read(id).status, 404);
}

TEST_F(PiApiAssetsTest, ABatchTakesTheGoodOnesAndSaysWhatIsWrongWithTheOthers) {
  const Json two = {{{"url", "https://example.com/a.png"}}, {{"url", "data:,x"}}};
  for (const Json& body : std::vector<Json>{two, {{"assets", two}}}) {
    const Json made = Upload(body).json();
    EXPECT_EQ(made["total"], 2);
    EXPECT_EQ(made["success"], 1);
    EXPECT_EQ(made["failed"], 1);
    EXPECT_EQ(made["results"][0]["status"], "Processing");
    EXPECT_THAT(TextOf(made["results"][1], "error"), HasSubstr("http"));
  }
  EXPECT_EQ(Call("POST", "/api/v1/asset/batch", two).json()["success"], 1);
  EXPECT_EQ(Bills(), 3u);
  EXPECT_EQ(Upload(Json::array()).status, 400);
  EXPECT_EQ(Upload({{"assets", "x"}}).status, 400);
}

}  // namespace
}  // namespace seedance::sandbox
