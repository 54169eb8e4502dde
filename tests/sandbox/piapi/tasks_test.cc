#include <gmock/gmock.h>

#include "service/base/random.h"
#include "service/base/sha256.h"
#include "tests/sandbox/piapi/fixture.h"

namespace seedance::sandbox {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kZeroTime[] = "0001-01-01T00:00:00Z";

class PiApiTasksTest : public PiApiFixture {
 protected:
  static std::vector<std::string> Logs(const Json& data) { return data["logs"].get<std::vector<std::string>>(); }
  size_t Bills() { return Ledger()["bills"].size(); }
  size_t Refunds() { return Ledger()["refunds"].size(); }
};

TEST_F(PiApiTasksTest, ACreateAnswersTheWholeTaskAndIsBilled) {
  const Json made = CreateTask("seedance-2-fast", {{"prompt", "a fox"}, {"resolution", "720p"}}).json();
  EXPECT_EQ(made["code"], 200);
  EXPECT_EQ(made["message"], "success");
  const Json& data = made["data"];
  EXPECT_TRUE(base::IsUuid(TextOf(data, "task_id")));
  EXPECT_EQ(data["model"], "seedance");
  EXPECT_EQ(data["task_type"], "seedance-2-fast");
  EXPECT_EQ(data["status"], "Pending");
  EXPECT_EQ(data["input"]["mode"], "text_to_video");
  EXPECT_EQ(data["input"]["duration"], 5);
  EXPECT_TRUE(data["output"].is_null());
  EXPECT_EQ(data["meta"]["started_at"], kZeroTime);
  EXPECT_EQ(data["meta"]["ended_at"], kZeroTime);
  EXPECT_EQ(data["meta"]["usage"]["consume"], 7500000);
  EXPECT_EQ(data["logs"], Json::array());
  EXPECT_EQ(data["error"]["code"], 0);
  const Json bill = Ledger()["bills"][0];
  EXPECT_EQ(bill["action"], "CreateTask");
  EXPECT_EQ(bill["model"], "seedance-2-fast");
  EXPECT_EQ(bill["resource"], data["task_id"]);
}

TEST_F(PiApiTasksTest, ATaskGoesThroughItsStatesToAVideoOfItsOwn) {
  const std::string id = Task("x");
  std::vector<std::string> words;
  for (const double step : {0, 5, 15, 80}) {
    Advance(step);
    words.push_back(TextOf(Data(id), "status"));
  }
  EXPECT_THAT(words, ElementsAre("Pending", "Staged", "Processing", "Completed"));
  const Json data = Data(id);
  EXPECT_NE(data["meta"]["ended_at"], kZeroTime);
  EXPECT_THAT(Logs(data),
              ElementsAre("mode auto-detected: text_to_video (images=0, videos=0, audios=0)", "audio: enabled=true"));
  const HttpAnswer video = Fetch(TextOf(data["output"], "video"));
  EXPECT_EQ(video.status, 200);
  EXPECT_EQ(video.content_type, "video/mp4");
  EXPECT_THAT(video.body, HasSubstr(id));
  EXPECT_EQ(Refunds(), 0u);
}

TEST_F(PiApiTasksTest, ModerationFailsWithItsCodeAndGivesThePointsBack) {
  const Json data = Ended("[moderation]");
  EXPECT_EQ(data["status"], "Failed");
  EXPECT_EQ(data["error"]["code"], 10003);
  EXPECT_TRUE(data["output"].is_null());
  EXPECT_THAT(Logs(data), Contains("Attempt 1 failed (content restriction), retrying."));
  EXPECT_THAT(Logs(data), Contains(HasSubstr("OutputVideoSensitiveContentDetected")));
  EXPECT_THAT(Logs(data), Contains("restored frozen points"));
  EXPECT_EQ(data["meta"]["usage"]["consume"], 0);
  EXPECT_EQ(Refunds(), 1u);
}

TEST_F(PiApiTasksTest, ARealFaceIsNamedOnlyInTheLogs) {
  const Json data = Ended("[face]", "seedance-2-less-restriction");
  EXPECT_EQ(data["error"]["code"], 10000);
  EXPECT_THAT(Dump(data["error"]), Not(HasSubstr("person")));
  EXPECT_THAT(Logs(data), Contains(HasSubstr("real person")));
  EXPECT_THAT(Logs(data), Not(Contains(HasSubstr("retrying"))));
  EXPECT_EQ(Refunds(), 1u);
}

TEST_F(PiApiTasksTest, AGenericFailureIsRetriedOnceByStrictTypes) {
  const Json data = Ended("[fail]");
  EXPECT_EQ(data["error"]["code"], 10000);
  EXPECT_THAT(Logs(data), Contains("Attempt 1 failed (internal error), retrying."));
}

TEST_F(PiApiTasksTest, PromptWordsDecideTheOutput) {
  EXPECT_EQ(Ended("[nourl]")["output"], Json({{"video", ""}}));
  const Json legacy = Ended("[legacy]")["output"];
  EXPECT_FALSE(legacy.contains("video"));
  EXPECT_THAT(TextOf(legacy, "video_url"), StartsWith("http://"));
  EXPECT_EQ(Ended("[stuck]")["status"], "Processing");
  const std::string unknown = Task("[unknown]");
  Advance(50);
  EXPECT_EQ(Data(unknown)["status"], "Hibernating");
  Advance(50);
  EXPECT_EQ(Data(unknown)["status"], "Completed");
  EXPECT_EQ(Ended("[forget]"), Json());
}

TEST_F(PiApiTasksTest, InputModerationRefusesWithoutABill) {
  const HttpAnswer refused = CreateTask("seedance-2", {{"prompt", "[input-moderation]"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.json()["data"]["error"]["code"], 10003);
  EXPECT_EQ(Bills(), 0u);
}

TEST_F(PiApiTasksTest, UnknownTasksAreNotFoundAndCancelIsNotForSeedance) {
  const HttpAnswer unknown = Call("GET", "/api/v1/task/6b0f2a0e-1c2d-4e3f-8a9b-0c1d2e3f4a5b");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json()["code"], 404);
  const std::string id = Task("x");
  EXPECT_EQ(Call("GET", "/api/v1/task/" + id, Json(), "two").status, 404);
  EXPECT_EQ(Call("DELETE", "/api/v1/task/" + id).status, 400);
  EXPECT_EQ(Call("DELETE", "/api/v1/task/nothing").status, 404);
}

TEST_F(PiApiTasksTest, OnlyAPendingTaskIsCancelledAndIsPaidBack) {
  RestartWith([](Options& options) { options.piapi.cancel = true; });
  const std::string pending = Task("a");
  const std::string staged = Task("b");
  EXPECT_EQ(Call("DELETE", "/api/v1/task/" + pending).status, 200);
  EXPECT_EQ(Data(pending)["status"], "Cancelled");
  EXPECT_EQ(Data(pending)["error"]["code"], 0);
  EXPECT_EQ(Refunds(), 1u);
  EXPECT_EQ(Call("DELETE", "/api/v1/task/" + pending).status, 400);
  Advance(10);
  EXPECT_EQ(Data(staged)["status"], "Staged");
  EXPECT_EQ(Call("DELETE", "/api/v1/task/" + staged).status, 400);
  EXPECT_EQ(Call("DELETE", "/api/v1/task/nothing").status, 404);
  Advance(100);
  EXPECT_EQ(Data(staged)["status"], "Completed");
  EXPECT_EQ(Refunds(), 1u);
}

TEST_F(PiApiTasksTest, HistoriesListTheKeysTasksNewestFirst) {
  const std::string path = "/api/open/tasks/histories";
  std::vector<std::string> made;
  for (int i = 0; i < 12; ++i) made.push_back(Task("shot"));
  const Json first = Call("GET", path).json()["data"];
  EXPECT_EQ(first["total"], 12);
  ASSERT_EQ(first["tasks"].size(), 10u);
  EXPECT_EQ(first["tasks"][0]["task_id"], made.back());
  EXPECT_EQ(first["tasks"][0]["input"]["prompt"], "shot");
  EXPECT_EQ(Call("GET", path + "?page=2&page_size=10").json()["data"]["tasks"].size(), 2u);
  EXPECT_EQ(Call("GET", path + "?page_size=100&model=kling").json()["data"]["total"], 0);
  EXPECT_EQ(Call("GET", path + "?end_time=1000").json()["data"]["total"], 0);
  EXPECT_EQ(Call("GET", path + "?start_time=1000").json()["data"]["total"], 12);
  EXPECT_EQ(Call("GET", path, Json(), "two").json()["data"]["total"], 0);
}

TEST_F(PiApiTasksTest, WhereHistoriesStandIsASetting) {
  const std::string path = "/api/open/tasks/histories";
  RestartWith([](Options& options) {
    options.piapi.histories = HistoriesShape::kArray;
    options.piapi.histories_prompts = false;
  });
  const std::string id = Task("x");
  const Json data = Call("GET", path).json()["data"];
  ASSERT_TRUE(data.is_array());
  EXPECT_EQ(data[0]["task_id"], id);
  EXPECT_FALSE(data[0].contains("input"));
  RestartWith([](Options& options) { options.piapi.histories = HistoriesShape::kNone; });
  EXPECT_EQ(Call("GET", path).status, 404);
}

TEST_F(PiApiTasksTest, ThePlanLimitsActiveTasks) {
  RestartWith([](Options& options) { options.piapi.max_tasks = 2; });
  Task("a");
  Task("b");
  const HttpAnswer refused = CreateTask("seedance-2", {{"prompt", "c"}});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(TextOf(refused.json(), "message"), "active task count 2 has reached the plan limit");
  EXPECT_EQ(Bills(), 2u);
  Advance(100);
  Task("c");
}

TEST_F(PiApiTasksTest, PointsRunOutAndComeBackWithAFailure) {
  RestartWith([](Options& options) { options.piapi.points = 7'000'000; });
  const Json input = {{"prompt", "[fail]"}};  // 3,750,000 points at 480p.
  EXPECT_EQ(CreateTask("seedance-2-fast", input).status, 200);
  const HttpAnswer refused = CreateTask("seedance-2-fast", input);
  EXPECT_EQ(refused.status, 402);
  EXPECT_EQ(TextOf(refused.json(), "message"), "insufficient credits");
  Advance(100);
  EXPECT_EQ(CreateTask("seedance-2-fast", input).status, 200);
  EXPECT_EQ(Control("POST", "/piapi", {{"points", 5}, {"key", "one"}}).json()["accounts"][0]["points"], 5);
  EXPECT_EQ(CreateTask("seedance-2-fast", input).status, 402);
  EXPECT_EQ(Control("POST", "/piapi", {{"points", -1}}).status, 400);
  EXPECT_EQ(Control("POST", "/piapi", {{"points", 1}, {"key", "three"}}).status, 400);
}

TEST_F(PiApiTasksTest, LimitsMayBeTheRefusalInsideA200) {
  RestartWith([](Options& options) {
    options.piapi.refuse_in_body = true;
    options.piapi.points = 0;
  });
  const HttpAnswer refused = CreateTask("seedance-2", {{"prompt", "x"}});
  EXPECT_EQ(refused.status, 200);
  EXPECT_EQ(refused.json()["code"], 500);
  EXPECT_EQ(refused.json()["data"]["error"]["message"], "insufficient credits");
  EXPECT_EQ(Bills(), 0u);
}

TEST_F(PiApiTasksTest, AutoUploadShowsEphemeralAssetsOnceTheTaskIsStaged) {
  const std::string managed = ActiveAsset("hero");
  const Json images = {"https://example.com/a.png", "asset://" + managed};
  const HttpAnswer made =
      CreateTask("seedance-2-less-restriction",
                 {{"prompt", "x"}, {"mode", "omni_reference"}, {"image_urls", images}, {"auto_upload_assets", true}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.json()["data"]["input"]["image_urls"], images);
  Advance(5);
  const Json data = Data(TextOf(made.json()["data"], "task_id"));
  EXPECT_THAT(TextOf(data["input"], "prompt"), "x");
  EXPECT_THAT(data["input"]["image_urls"][0].get<std::string>(), StartsWith("asset://asset-"));
  EXPECT_EQ(data["input"]["image_urls"][1], images[1]);
  EXPECT_THAT(Logs(data), Contains("auto_upload_assets: converted 1 url(s) to ephemeral asset://"));
  EXPECT_EQ(Bills(), 2u);
}

TEST_F(PiApiTasksTest, EphemeralAssetsHaveACapOfTheirOwn) {
  RestartWith([](Options& options) { options.piapi.max_ephemeral_assets = 3; });
  const Json input = {{"prompt", "x"},
                      {"image_urls", {"https://example.com/a.png", "https://example.com/b.png"}},
                      {"auto_upload_assets", true},
                      {"asset_retention_hours", 4}};
  EXPECT_EQ(CreateTask("seedance-2-less-restriction", input).status, 200);
  const HttpAnswer refused = CreateTask("seedance-2-less-restriction", input);
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("ephemeral asset hard cap reached"));
  EXPECT_EQ(Control("GET", "/piapi").json()["accounts"][0]["ephemeral_assets"], 2);
  EXPECT_EQ(Bills(), 1u);
  Advance(4 * 3600);
  EXPECT_EQ(CreateTask("seedance-2-less-restriction", input).status, 200);
}

}  // namespace
}  // namespace seedance::sandbox
