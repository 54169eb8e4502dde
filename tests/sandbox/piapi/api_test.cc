#include <gmock/gmock.h>

#include "tests/sandbox/piapi/fixture.h"

namespace seedance::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kList[] = "/api/v1/asset/list";

using PiApiApiTest = PiApiFixture;

TEST_F(PiApiApiTest, TheKeyComesInXApiKeyInAnyCase) {
  for (const char* header : {"X-API-Key", "x-api-key", "X-Api-Key"}) {
    EXPECT_EQ(Call("GET", kList, Json(), "one", kAgent, header).status, 200) << header;
  }
  for (const char* key : {"", "three", "Bearer one"}) {
    const HttpAnswer refused = Call("GET", kList, Json(), key);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.json()["code"], 401);
  }
  EXPECT_EQ(Call("GET", kList, Json(), "Bearer one", kAgent, "Authorization").status, 401);
}

TEST_F(PiApiApiTest, CloudflareBansClientsWithoutAName) {
  EXPECT_THAT(Raw("GET /api/v1/asset/list HTTP/1.1\r\nHost: a\r\nX-API-Key: one\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 403"));
  for (const char* agent : {"Python-urllib/3.11", "cpp-httplib/0.11.4", "Go-http-client/1.1"}) {
    const HttpAnswer banned = Call("GET", kList, Json(), "one", agent);
    EXPECT_EQ(banned.status, 403) << agent;
    EXPECT_THAT(banned.content_type, StartsWith("text/html"));
    EXPECT_THAT(banned.body, HasSubstr("1010"));
  }
}

TEST_F(PiApiApiTest, ABannedCreateIsNotBilled) {
  Call("POST", "/api/v1/task", {{"model", "seedance"}}, "one", "Python-urllib/3.11");
  EXPECT_EQ(Ledger()["bills"].size(), 0u);
}

TEST_F(PiApiApiTest, BothDialectsAreServedWithoutSeeingEachOther) {
  const std::string group = MakeGroup();
  MakeAsset(group, "hero");
  const std::string anyfast = MakeTask("x");
  const std::string piapi = Task("y");
  Asset("hero");
  EXPECT_EQ(Ledger()["bills"].size(), 5u);
  EXPECT_EQ(Call("GET", "/api/v1/task/" + anyfast).status, 404);
  EXPECT_EQ(Get("/v1/video/generations/" + piapi).status, 404);
  EXPECT_EQ(Call("GET", kList).json()["total"], 1);
  EXPECT_EQ(Post("/volc/asset/ListAssets", {{"model", "volc-asset"}, {"Filter", Json::object()}}).json()["TotalCount"],
            1);
  EXPECT_EQ(Control("GET", "/assets").json()["assets"].size(), 2u);
  EXPECT_EQ(Control("GET", "/tasks").json()["tasks"].size(), 2u);
}

TEST_F(PiApiApiTest, UnknownPathsAndFaultsAnswerInThisDialect) {
  EXPECT_EQ(Call("GET", "/api/v1/nothing").json()["code"], 404);
  Control("POST", "/faults", {{"kind", "status"}, {"path", "/api/v1/asset"}, {"status", 503}});
  const HttpAnswer fault = Call("GET", kList);
  EXPECT_EQ(fault.status, 503);
  EXPECT_EQ(fault.json()["message"], "injected fault");
  EXPECT_EQ(Call("GET", kList).status, 200);
}

TEST_F(PiApiApiTest, RequestsAreCountedByPattern) {
  const std::string asset = Asset("hero");
  Call("GET", "/api/v1/asset/" + asset);
  Call("DELETE", "/api/v1/asset/" + asset);
  Call("GET", kList);
  Data(Task("x"));
  const Json counts = Control("GET", "/requests").json()["counts"];
  for (const char* pattern : {"POST /api/v1/asset/upload", "GET /api/v1/asset/list", "GET /api/v1/asset/{id}",
                              "DELETE /api/v1/asset/{id}", "POST /api/v1/task", "GET /api/v1/task/{id}"}) {
    EXPECT_EQ(counts.value(pattern, 0), 1) << pattern;
  }
}

TEST_F(PiApiApiTest, ResetForgetsAssetsTasksFilesAndPoints) {
  const std::string asset = Asset("hero");
  const std::string task = Task("x");
  Call("POST", "/api/ephemeral_resource", {{"file_name", "a.png"}, {"file_data", "aGVsbG8="}});
  Control("POST", "/piapi", {{"points", 1}});
  EXPECT_EQ(Control("POST", "/reset").status, 200);
  EXPECT_EQ(Control("GET", "/uploads").json()["uploads"].size(), 0u);
  EXPECT_TRUE(Control("GET", "/piapi").json()["accounts"][0]["points"].is_null());
  EXPECT_EQ(Call("GET", kList).json()["total"], 0);
  EXPECT_EQ(Asset("hero"), asset);
  EXPECT_EQ(Task("x"), task);
}

}  // namespace
}  // namespace seedance::sandbox
