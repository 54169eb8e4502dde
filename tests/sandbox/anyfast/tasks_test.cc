#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/sandbox/sandbox_fixture.h"

namespace seedance::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kTasksPath[] = "/v1/video/generations";

class AnyFastTasksTest : public SandboxFixture {
 protected:
  // Ark's error inside a refused create.
  Json Refusal(const Json& body) {
    const HttpAnswer answer = Post(kTasksPath, body);
    EXPECT_EQ(answer.status, 400) << answer.body;
    const Json json = answer.json();
    EXPECT_EQ(json["code"], "fail_to_fetch_task");
    EXPECT_TRUE(json["data"].is_null());
    return Json::parse(TextOf(json, "message"), nullptr, false)["error"];
  }
  std::string RefusalText(const Json& body) { return TextOf(Refusal(body), "message"); }
  static std::vector<Json> Images(int count) {
    return std::vector<Json>(count, Item("image_url", "https://example.com/a.png", "reference_image"));
  }
};

TEST_F(AnyFastTasksTest, CreateAnswersAnOpenAiVideoObjectAndBillsOnce) {
  const HttpAnswer made = Post(kTasksPath, TaskBody("a cat"));
  ASSERT_EQ(made.status, 200) << made.body;
  const Json json = made.json();
  EXPECT_THAT(TextOf(json, "id"), MatchesRegex("asyntask_[0-9A-Za-z]{32}"));
  EXPECT_EQ(json["task_id"], json["id"]);
  EXPECT_EQ(json["object"], "video");
  EXPECT_EQ(json["model"], "seedance");
  EXPECT_EQ(json["progress"], 0);
  const Json bills = Ledger()["bills"];
  ASSERT_EQ(bills.size(), 1u);
  EXPECT_EQ(bills[0]["action"], "CreateTask");
  EXPECT_EQ(bills[0]["key"], "one");
  EXPECT_EQ(bills[0]["resource"], json["id"]);
}

TEST_F(AnyFastTasksTest, ATaskPassesItsStagesWithRisingProgress) {
  const std::string id = MakeTask("a cat");
  Json data = TaskData(id);
  EXPECT_EQ(data["status"], "NOT_START");
  EXPECT_EQ(data["progress"], "0%");
  EXPECT_THAT(TextOf(data["data"], "id"), MatchesRegex("cgt-[0-9]{14}-[0-9a-z]{5}"));
  EXPECT_EQ(data["start_time"], 0);
  Advance(5);
  data = TaskData(id);
  EXPECT_EQ(data["status"], "QUEUED");
  EXPECT_EQ(data["progress"], "10%");
  EXPECT_EQ(data["data"]["status"], "queued");
  Advance(15);
  data = TaskData(id);
  EXPECT_EQ(data["status"], "IN_PROGRESS");
  EXPECT_EQ(data["progress"], "50%");
  EXPECT_GT(data["start_time"], 0);
  Advance(40);
  EXPECT_EQ(TaskData(id)["progress"], "75%");
  Advance(40);
  data = TaskData(id);
  EXPECT_EQ(data["status"], "SUCCESS");
  EXPECT_EQ(data["progress"], "100%");
  EXPECT_EQ(data["data"]["status"], "succeeded");
  EXPECT_EQ(data["data"]["content"]["video_url"], data["result_url"]);
  EXPECT_GT(data["data"]["usage"]["total_tokens"], 0);
  EXPECT_EQ(data["fail_reason"], "");
  EXPECT_EQ(Ledger()["refunds"].size(), 0u);
}

TEST_F(AnyFastTasksTest, FailuresAreOneHundredPercentAndRefunded) {
  const std::string blocked = MakeTask("a [moderation] cat");
  const std::string failed = MakeTask("a [fail] cat");
  EXPECT_EQ(Ledger()["refunds"].size(), 0u);
  Advance(100);
  Json data = TaskData(blocked);
  EXPECT_EQ(data["status"], "FAILURE");
  EXPECT_EQ(data["progress"], "100%");
  EXPECT_FALSE(data.contains("result_url"));
  EXPECT_THAT(TextOf(data, "fail_reason"), HasSubstr("sensitive"));
  EXPECT_EQ(data["data"]["error"]["code"], "OutputVideoSensitiveContentDetected");
  EXPECT_EQ(TaskData(failed)["data"]["error"]["code"], "InternalServiceError");
  const Json refunds = Ledger()["refunds"];
  ASSERT_EQ(refunds.size(), 2u);
  EXPECT_EQ(refunds[0]["resource"], blocked);
  EXPECT_EQ(refunds[1]["resource"], failed);
  EXPECT_EQ(Ledger()["refunds"].size(), 2u);
}

TEST_F(AnyFastTasksTest, ARealFaceIsNamedInTheFailure) {
  const std::string id = MakeTask("[face]");
  Advance(100);
  const Json data = TaskData(id);
  EXPECT_EQ(data["status"], "FAILURE");
  EXPECT_EQ(data["data"]["error"]["code"], "InputImageSensitiveContentDetected.PrivacyInformation");
}

TEST_F(AnyFastTasksTest, MagicWordsGiveTheOddEnds) {
  const std::string stuck = MakeTask("[stuck]");
  const std::string forgotten = MakeTask("[forget]");
  const std::string legacy = MakeTask("[legacy]");
  const std::string without_url = MakeTask("[nourl]");
  const std::string unknown = MakeTask("[unknown]");
  Advance(49);
  EXPECT_EQ(TaskData(forgotten)["status"], "IN_PROGRESS");
  EXPECT_EQ(TaskData(unknown)["status"], "HIBERNATING");
  Advance(1);
  const HttpAnswer gone = Get(absl::StrCat(kTasksPath, "/", forgotten));
  EXPECT_EQ(gone.status, 400);
  EXPECT_EQ(gone.json()["code"], "task_not_exist");
  Advance(50);
  Json data = TaskData(legacy);
  EXPECT_EQ(data["status"], "SUCCESS");
  EXPECT_FALSE(data.contains("result_url"));
  EXPECT_EQ(Fetch(TextOf(data, "fail_reason")).status, 200);
  data = TaskData(without_url);
  EXPECT_EQ(data["status"], "SUCCESS");
  EXPECT_FALSE(data.contains("result_url"));
  EXPECT_FALSE(data["data"].contains("content"));
  EXPECT_EQ(TaskData(unknown)["status"], "SUCCESS");
  Advance(1e6);
  EXPECT_EQ(TaskData(stuck)["status"], "IN_PROGRESS");
  EXPECT_EQ(TaskData(stuck)["progress"], "99%");
}

TEST_F(AnyFastTasksTest, InputModerationIsRefusedAtCreateAndCostsNothing) {
  EXPECT_EQ(Refusal(TaskBody("[input-moderation]"))["code"], "InputTextSensitiveContentDetected");
  EXPECT_EQ(Ledger()["bills"].size(), 0u);
}

TEST_F(AnyFastTasksTest, AllReferencesInDocumentedOrderAreAccepted) {
  const std::string group = MakeGroup();
  const std::vector<Json> items = {
      Item("image_url", "asset://" + MakeAsset(group, "i"), "reference_image"),
      Item("video_url", "Asset://" + MakeAsset(group, "v", "Video"), "reference_video"),
      Item("audio_url", "asset://" + MakeAsset(group, "a", "Audio"), "reference_audio"),
  };
  const HttpAnswer made =
      Post(kTasksPath, TaskBody("@图1 @视频1 @音频1", items, {{"duration", 15}, {"ratio", "16:9"}}));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(TaskData(TextOf(made.json(), "id"))["action"], "omniGenerate");
}

TEST_F(AnyFastTasksTest, ItemsOutOfOrderAreRefused) {
  const Json image = Images(1)[0];
  const Json video = Item("video_url", "https://example.com/a.mp4", "reference_video");
  EXPECT_THAT(RefusalText(TaskBody("x", {video, image})), HasSubstr("order"));
  Json body = TaskBody("x", {image});
  std::swap(body["content"][0], body["content"][1]);
  EXPECT_THAT(RefusalText(body), HasSubstr("order"));
}

TEST_F(AnyFastTasksTest, AssetsMustExistBeActiveAndOfTheRightKind) {
  const std::string group = MakeGroup();
  const std::string active = MakeAsset(group, "hero");
  const std::string failed = MakeAsset(group, "fail-FaceMismatch");
  const std::string slow = MakeAsset(group, "slow");
  const auto text = [&](const std::string& type, const std::string& id, const std::string& role) {
    return RefusalText(TaskBody("x", {Item(type, "asset://" + id, role)}));
  };
  EXPECT_THAT(text("image_url", "asset-1", "reference_image"), HasSubstr("asset asset-1 is not found"));
  EXPECT_THAT(text("image_url", slow, "reference_image"), HasSubstr("Processing"));
  EXPECT_THAT(text("image_url", failed, "reference_image"), HasSubstr("Failed"));
  EXPECT_THAT(text("video_url", active, "reference_video"), HasSubstr("of type Image"));
  const Json foreign = TaskBody("x", {Item("image_url", "asset://" + active, "reference_image")});
  EXPECT_EQ(Post(kTasksPath, foreign, "two").status, 400);
  EXPECT_EQ(Post(kTasksPath, foreign).status, 200);
}

TEST_F(AnyFastTasksTest, RolesAndCountsAreChecked) {
  const Json first = Item("image_url", "https://example.com/a.png", "first_frame");
  const Json last = Item("image_url", "https://example.com/b.png", "last_frame");
  const Json video = Item("video_url", "https://example.com/a.mp4", "reference_video");
  const Json audio = Item("audio_url", "https://example.com/a.mp3", "reference_audio");
  EXPECT_EQ(Post(kTasksPath, TaskBody("x", {first, last})).status, 200);
  EXPECT_EQ(Post(kTasksPath, TaskBody("x", Images(9))).status, 200);
  EXPECT_THAT(RefusalText(TaskBody("x", Images(10))), HasSubstr("at most 9 images"));
  EXPECT_THAT(RefusalText(TaskBody("x", {video, video, video, video})), HasSubstr("at most 3 videos"));
  EXPECT_THAT(RefusalText(TaskBody("x", {video, audio, audio, audio, audio})), HasSubstr("at most 3 audios"));
  EXPECT_THAT(RefusalText(TaskBody("x", {audio})), HasSubstr("audio needs"));
  EXPECT_THAT(RefusalText(TaskBody("x", {last})), HasSubstr("first frame"));
  EXPECT_THAT(RefusalText(TaskBody("x", {first, Images(1)[0]})), HasSubstr("mixed"));
  EXPECT_THAT(RefusalText(TaskBody("x", {Item("video_url", "https://a/b.mp4", "first_frame")})), HasSubstr("role"));
  EXPECT_THAT(RefusalText(TaskBody("x", {Item("video_url", "data:video/mp4;base64,AAAA", "reference_video")})),
              HasSubstr("URL or an asset"));
}

TEST_F(AnyFastTasksTest, SettingsAreCheckedAgainstTheModel) {
  const std::pair<Json, const char*> rows[] = {
      {{{"duration", 3}}, "duration"},
      {{{"duration", 16}}, "duration"},
      {{{"duration", "5"}}, "duration"},
      {{{"resolution", "144p"}}, "resolution"},
      {{{"model", "seedance-fast"}, {"resolution", "1080p"}}, "resolution"},
      {{{"ratio", "2:1"}}, "ratio"},
      {{{"seed", -2}}, "seed"},
      {{{"generate_audio", "yes"}}, "generate_audio"},
  };
  for (const auto& [settings, param] : rows) {
    EXPECT_EQ(Refusal(TaskBody("x", {}, settings))["param"], param) << settings;
  }
  for (const char* model : {"seedance", "seedance-fast", "seedance-2.5", "doubao-seedance-1-5-pro-251215"}) {
    EXPECT_EQ(Post(kTasksPath, TaskBody("x", {}, {{"model", model}, {"duration", -1}})).status, 200) << model;
  }
  EXPECT_EQ(Refusal(TaskBody("x", {}, {{"model", "seedance-2.5"}, {"resolution", "4k"}}))["param"], "resolution");
  EXPECT_EQ(Refusal(TaskBody("x", {}, {{"model", "seedance-2.5"}, {"duration", 31}}))["param"], "duration");
}

TEST_F(AnyFastTasksTest, NewerModelsTakeMoreReferencesAndFramesOnlyWithAnAdaptiveRatio) {
  const Json first = Item("image_url", "https://example.com/a.png", "first_frame");
  const Json audio = Item("audio_url", "https://example.com/a.mp3", "reference_audio");
  const Json newer = {{"model", "seedance-2.5"}};
  EXPECT_EQ(Post(kTasksPath, TaskBody("x", Images(30), newer)).status, 200);
  EXPECT_THAT(RefusalText(TaskBody("x", Images(31), newer)), HasSubstr("at most 30 images"));
  EXPECT_EQ(Post(kTasksPath, TaskBody("x", {audio}, newer)).status, 200);
  EXPECT_THAT(RefusalText(TaskBody("x", {audio}, {{"model", "seedance-2.5-flash"}})), HasSubstr("audio needs"));
  EXPECT_EQ(Post(kTasksPath, TaskBody("x", {first}, newer)).status, 200);
  EXPECT_EQ(Refusal(TaskBody("x", {first}, {{"model", "seedance-2.5"}, {"ratio", "16:9"}}))["param"], "ratio");
}

TEST_F(AnyFastTasksTest, DatedNamesOfBothSidesOfTheOriginAreModels) {
  for (const char* model : {"doubao-seedance-2-0-260128", "dreamina-seedance-2-0-fast-260128",
                            "doubao-seedance-2-0-mini-260615", "dreamina-seedance-2-5-260628"}) {
    EXPECT_EQ(Post(kTasksPath, TaskBody("x", {}, {{"model", model}})).status, 200) << model;
  }
}

TEST_F(AnyFastTasksTest, MissingPartsAreRefusedInTheirOwnShapes) {
  EXPECT_EQ(Refusal({{"model", "seedance"}})["code"], "MissingParameter");
  const HttpAnswer no_text = Post(kTasksPath, {{"model", "seedance"}, {"content", Images(1)}});
  EXPECT_EQ(no_text.status, 400);
  EXPECT_EQ(no_text.json()["code"], "invalid_request");
  EXPECT_EQ(Post(kTasksPath, {{"content", Images(1)}}).status, 400);
  const HttpAnswer no_channel = Post(kTasksPath, TaskBody("x", {}, {{"model", "sora"}}));
  EXPECT_EQ(no_channel.status, 503);
  EXPECT_EQ(no_channel.json()["error"]["code"], "model_not_found");
}

TEST_F(AnyFastTasksTest, AnUnknownOrForeignTaskIs404ByDefaultAnd400OnRequest) {
  const std::string id = MakeTask("x");
  EXPECT_EQ(Get(absl::StrCat(kTasksPath, "/nope")).status, 404);
  EXPECT_EQ(Get(absl::StrCat(kTasksPath, "/", id), "two").json()["code"], "task_not_exist");
  Options options = DefaultOptions();
  options.unknown_task_status = 400;
  Restart(options);
  EXPECT_EQ(Get(absl::StrCat(kTasksPath, "/nope")).status, 400);
}

TEST_F(AnyFastTasksTest, BadKeysAndUnknownRoutesAnswerInTheMiddlewaresShape) {
  const HttpAnswer bad_key = Get("/v1/models", "stolen");
  EXPECT_EQ(bad_key.status, 401);
  EXPECT_EQ(bad_key.json()["error"]["type"], "new_api_error");
  EXPECT_THAT(bad_key.error_message(), HasSubstr("invalid token"));
  const HttpAnswer no_route = Get("/v1/nothing");
  EXPECT_EQ(no_route.status, 404);
  EXPECT_EQ(no_route.error_message(), "Invalid URL (GET /v1/nothing)");
  EXPECT_EQ(Get("/v1/models").json()["data"][0]["id"], "seedance");
}

}  // namespace
}  // namespace seedance::sandbox
