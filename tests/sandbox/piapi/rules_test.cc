#include <gmock/gmock.h>

#include "tests/sandbox/piapi/fixture.h"

namespace seedance::sandbox {
namespace {

using ::testing::HasSubstr;

constexpr char kStrict[] = "seedance-2";
constexpr char kTwin[] = "seedance-2-less-restriction";
constexpr char kImage[] = "https://example.com/a.png";
constexpr char kVideo[] = "https://example.com/a.mp4";
constexpr char kAudio[] = "https://example.com/a.mp3";

// What a prompt and other members of `input` are answered.
class PiApiRulesTest : public PiApiFixture {
 protected:
  PiApiRulesTest() {
    RestartWith([](Options& options) { options.piapi.max_tasks = 1000; });
  }

  HttpAnswer Try(const std::string& task_type, Json input) {
    if (!input.contains("prompt")) input["prompt"] = "x";
    return CreateTask(task_type, input);
  }
  // Refused with 400 and this text, not billed.
  void ExpectRefused(const std::string& task_type, const Json& input, const std::string& text, int status = 400) {
    const size_t bills = Ledger()["bills"].size();
    const HttpAnswer refused = Try(task_type, input);
    EXPECT_EQ(refused.status, status) << Dump(input);
    EXPECT_EQ(refused.json().value("code", 0), status);
    EXPECT_THAT(TextOf(refused.json(), "message"), HasSubstr(text)) << Dump(input);
    EXPECT_EQ(Ledger()["bills"].size(), bills);
  }
  std::string ModeOf(const Json& input) {
    const HttpAnswer made = Try(kStrict, input);
    EXPECT_EQ(made.status, 200) << made.body;
    return made.status == 200 ? TextOf(made.json()["data"]["input"], "mode") : "";
  }
  std::string DefaultResolution(const std::string& task_type) {
    const HttpAnswer made = Try(task_type, Json::object());
    EXPECT_EQ(made.status, 200) << task_type << made.body;
    return made.status == 200 ? TextOf(made.json()["data"]["input"], "resolution") : "";
  }
};

Json Urls(size_t count, const std::string& url) { return Json(std::vector<std::string>(count, url)); }

TEST_F(PiApiRulesTest, EveryTaskTypeHasItsResolutions) {
  for (const char* type : {"seedance-2", "seedance-2-fast", "seedance-2-less-restriction",
                           "seedance-2-fast-less-restriction", "seedance-2-preview", "seedance-2-fast-preview-vip"}) {
    EXPECT_EQ(DefaultResolution(type), "480p") << type;
  }
  for (const char* type : {"seedance-2-mini", "seedance-2-mini-less-restriction", "seedance-2.5",
                           "seedance-2.5-less-restriction", "seedance-2.5-flash"}) {
    EXPECT_EQ(DefaultResolution(type), "720p") << type;
  }
  EXPECT_EQ(Try("seedance-2", {{"resolution", "1080p"}}).status, 200);
  ExpectRefused("seedance-2-fast", {{"resolution", "1080p"}}, "resolution");
  ExpectRefused("seedance-2-mini", {{"resolution", "1080p"}}, "resolution");
  ExpectRefused("seedance-2.5-flash-less-restriction", Json::object(), "task_type");
  ExpectRefused("seedance-3", Json::object(), "task_type");
  EXPECT_EQ(Try("remove-watermark", {{"video_urls", {kVideo}}}).status, 200);
  ExpectRefused("remove-watermark", Json::object(), "video_urls");
}

TEST_F(PiApiRulesTest, TheModelIsSeedance) {
  const HttpAnswer refused =
      Call("POST", "/api/v1/task", {{"model", "kling"}, {"task_type", kStrict}, {"input", {{"prompt", "x"}}}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(Call("POST", "/api/v1/task", {{"model", "seedance"}, {"task_type", kStrict}}).status, 400);
  EXPECT_EQ(Call("POST", "/api/v1/task", "text").status, 400);
}

TEST_F(PiApiRulesTest, TheModeIsDetectedFromTheReferences) {
  EXPECT_EQ(ModeOf(Json::object()), "text_to_video");
  EXPECT_EQ(ModeOf({{"image_urls", {kImage}}}), "first_last_frames");
  EXPECT_EQ(ModeOf({{"image_urls", Urls(2, kImage)}}), "first_last_frames");
  EXPECT_EQ(ModeOf({{"image_urls", Urls(3, kImage)}}), "omni_reference");
  EXPECT_EQ(ModeOf({{"video_urls", {kVideo}}}), "omni_reference");
  EXPECT_EQ(ModeOf({{"image_urls", {kImage}}, {"audio_urls", {kAudio}}}), "omni_reference");
}

TEST_F(PiApiRulesTest, TheModeDecidesWhichReferencesAreTaken) {
  ExpectRefused(kStrict, {{"mode", "text_to_video"}, {"image_urls", {kImage}}}, "text_to_video");
  ExpectRefused(kStrict, {{"mode", "first_last_frames"}}, "image_urls");
  ExpectRefused(kStrict, {{"mode", "first_last_frames"}, {"image_urls", Urls(3, kImage)}}, "image_urls");
  ExpectRefused(kStrict, {{"mode", "first_last_frames"}, {"image_urls", {kImage}}, {"video_urls", {kVideo}}},
                "images only");
  ExpectRefused(kStrict, {{"mode", "omni_reference"}}, "omni_reference");
  ExpectRefused(kStrict, {{"mode", "magic"}}, "magic");
  EXPECT_EQ(ModeOf({{"mode", "omni_reference"}, {"image_urls", {kImage}}}), "omni_reference");
}

TEST_F(PiApiRulesTest, OmniReferenceLimitsItsCounts) {
  const auto omni = [](size_t images, size_t videos, size_t audios) {
    return Json{{"image_urls", Urls(images, kImage)},
                {"video_urls", Urls(videos, kVideo)},
                {"audio_urls", Urls(audios, kAudio)}};
  };
  EXPECT_EQ(Try(kStrict, omni(9, 3, 0)).status, 200);
  ExpectRefused(kStrict, omni(10, 0, 0), "image_urls");
  ExpectRefused(kStrict, omni(0, 4, 0), "video_urls");
  ExpectRefused(kStrict, omni(1, 0, 4), "audio_urls");
  ExpectRefused(kStrict, omni(9, 3, 1), "12 references");
  ExpectRefused(kStrict, omni(0, 0, 1), "audio_urls");
  EXPECT_EQ(Try("seedance-2.5-flash", omni(10, 5, 5)).status, 200);
  ExpectRefused("seedance-2.5-flash", omni(11, 0, 0), "image_urls");
  ExpectRefused("seedance-2.5-flash", omni(0, 0, 1), "audio_urls");
}

TEST_F(PiApiRulesTest, SettingsHaveTheirBounds) {
  for (const int duration : {4, 15}) EXPECT_EQ(Try(kStrict, {{"duration", duration}}).status, 200);
  for (const int duration : {3, 16, -1}) ExpectRefused(kStrict, {{"duration", duration}}, "duration");
  EXPECT_EQ(Try("seedance-2.5", {{"duration", 30}}).status, 200);
  ExpectRefused("seedance-2.5", {{"duration", 31}}, "duration");
  ExpectRefused(kStrict, {{"duration", "5"}}, "duration");
  ExpectRefused(kStrict, {{"aspect_ratio", "2:1"}}, "aspect_ratio");
  ExpectRefused(kStrict, {{"aspect_ratio", "adaptive"}}, "aspect_ratio");
  ExpectRefused(kStrict, {{"aspect_ratio", "auto"}}, "aspect_ratio");
  EXPECT_EQ(Try(kStrict, {{"aspect_ratio", "auto"}, {"image_urls", {kImage}}}).status, 200);
  ExpectRefused(kStrict, {{"audio", "yes"}}, "audio");
}

TEST_F(PiApiRulesTest, ThePromptHasAtMost4000Characters) {
  std::string prompt;
  for (int i = 0; i < 4000; ++i) prompt += "\u732b";
  EXPECT_EQ(Try(kStrict, {{"prompt", prompt}}).status, 200);
  ExpectRefused(kStrict, {{"prompt", prompt + "x"}}, "prompt");
  ExpectRefused(kStrict, {{"prompt", ""}}, "prompt");
}

TEST_F(PiApiRulesTest, OnlyPublicUrlsAreTaken) {
  ExpectRefused(kStrict, {{"image_urls", {"data:image/png;base64,aGVsbG8="}}}, "InvalidParameter.URL");
  ExpectRefused(kTwin, {{"image_urls", {"aGVsbG8="}}, {"auto_upload_assets", true}}, "InvalidParameter.URL");
  ExpectRefused(kStrict, {{"image_urls", kImage}}, "image_urls");
  ExpectRefused(kStrict, {{"image_urls", {1}}}, "image_urls");
}

TEST_F(PiApiRulesTest, AssetsAreOnlyForLessRestrictionTypes) {
  const std::string id = ActiveAsset("hero");
  const Json input = {{"image_urls", {"asset://" + id}}};
  EXPECT_EQ(Try(kTwin, input).status, 200);
  EXPECT_EQ(Try("seedance-2-fast-less-restriction", input).status, 200);
  ExpectRefused(kStrict, input, "asset://", 422);
  ExpectRefused("seedance-2.5-flash", input, "asset://", 422);
}

TEST_F(PiApiRulesTest, TheTwinsThatTheGuideDoesNotNameTakeAssetsOnlyByOption) {
  const Json input = {{"image_urls", {"asset://" + ActiveAsset("hero")}}};
  ExpectRefused("seedance-2-mini-less-restriction", input, "asset://", 422);
  RestartWith([](Options& options) { options.piapi.assets_on_all_twins = true; });
  const Json other = {{"image_urls", {"asset://" + ActiveAsset("hero")}}};
  EXPECT_EQ(Try("seedance-2-mini-less-restriction", other).status, 200);
  ExpectRefused("seedance-2-mini", other, "asset://", 422);
}

TEST_F(PiApiRulesTest, AssetsMustBeActiveAndOfTheRightType) {
  const std::string failed = Asset("fail-X");
  Advance(3);
  const std::string young = Asset("young");
  const std::string video = "asset://" + Asset("clip", "Video");
  ExpectRefused(kTwin, {{"image_urls", {"asset://" + young}}}, "Processing");
  ExpectRefused(kTwin, {{"image_urls", {"asset://" + failed}}}, "Failed");
  ExpectRefused(kTwin, {{"image_urls", {"asset://nothing"}}}, "not found");
  Advance(3);
  ExpectRefused(kTwin, {{"image_urls", {video}}}, "of type Video");
  EXPECT_EQ(Try(kTwin, {{"video_urls", {video}}, {"image_urls", {kImage}}}).status, 200);
  EXPECT_EQ(Call("POST", "/api/v1/task",
                 {{"model", "seedance"},
                  {"task_type", kTwin},
                  {"input", {{"prompt", "x"}, {"image_urls", {"asset://" + young}}}}},
                 "two")
                .status,
            400);
}

TEST_F(PiApiRulesTest, AutoUploadIsForLessRestrictionTypesAndThreeToEightHours) {
  const auto input = [](int hours) {
    return Json{{"image_urls", {kImage}}, {"auto_upload_assets", true}, {"asset_retention_hours", hours}};
  };
  ExpectRefused(kStrict, input(3), "auto_upload_assets");
  ExpectRefused(kTwin, input(2), "asset_retention_hours");
  ExpectRefused(kTwin, input(9), "asset_retention_hours");
  EXPECT_EQ(Try(kTwin, input(8)).status, 200);
}

TEST_F(PiApiRulesTest, TheConfigIsChecked) {
  const Json input = {{"prompt", "x"}};
  EXPECT_EQ(CreateTask(kStrict, input, {{"service_mode", "public"}}).status, 200);
  EXPECT_EQ(CreateTask(kStrict, input, {{"service_mode", "magic"}}).status, 400);
  EXPECT_EQ(CreateTask(kStrict, input, {{"webhook_config", {{"endpoint", "ftp://x"}}}}).status, 400);
  EXPECT_EQ(CreateTask(kStrict, input, {{"webhook_config", "x"}}).status, 400);
}

}  // namespace
}  // namespace seedance::sandbox
