#include "service/model/task_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/base/utf8.h"

namespace seedance::model {
namespace {

using Role = ReferenceRole;
using Paths = std::vector<std::string>;
using Violations = std::vector<base::FieldViolation>;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

ModelProfile Profile() {
  ModelProfile profile;
  profile.max_prompt_characters = 10;
  profile.min_duration_seconds = 4;
  profile.max_duration_seconds = 15;
  profile.resolutions = {Resolution::k480p, Resolution::k720p};
  profile.aspect_ratios = {"16:9", "9:16"};
  profile.max_images = 3;
  profile.max_videos = 2;
  profile.max_audios = 1;
  return profile;
}

std::vector<Reference> References(std::initializer_list<Role> roles) {
  std::vector<Reference> references;
  for (Role role : roles) {
    Reference& reference = references.emplace_back();
    reference.role = role;
    reference.uri = "https://example.test/" + std::to_string(references.size());
  }
  return references;
}

struct Case {
  std::string name;
  std::function<void(TaskRequest&)> request;
  std::function<void(ModelProfile&)> profile;
  Paths violations;
  std::vector<double> seconds;  // Play times of the references; 0: unknown.
};

std::vector<MediaInfo> MediaOf(const std::vector<double>& seconds) {
  std::vector<MediaInfo> media(seconds.size());
  for (size_t i = 0; i < seconds.size(); ++i) media[i].duration = absl::Seconds(seconds[i]);
  return media;
}

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class CheckTaskTest : public ::testing::TestWithParam<Case> {};

TEST_P(CheckTaskTest, FindsExactlyTheBrokenRules) {
  TaskRequest request;
  request.model = "m";
  request.prompt = "a cat";
  ModelProfile profile = Profile();
  if (GetParam().request) GetParam().request(request);
  if (GetParam().profile) GetParam().profile(profile);
  request.sent_prompt = request.prompt;
  Paths paths;
  for (const base::FieldViolation& violation : CheckTask(request, profile, MediaOf(GetParam().seconds))) {
    paths.push_back(violation.field);
    EXPECT_FALSE(violation.description.empty());
  }
  EXPECT_EQ(paths, GetParam().violations);
}

// A case with references of these roles.
Case Roles(const std::string& name, std::initializer_list<Role> roles, const Paths& violations) {
  return {
      name, [references = References(roles)](TaskRequest& r) { r.references = references; }, nullptr, violations, {}};
}

Case Request(const std::string& name, std::function<void(TaskRequest&)> edit, const Paths& violations) {
  return {name, std::move(edit), nullptr, violations, {}};
}

std::string CaseName(const ::testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Prompt, CheckTaskTest,
    ::testing::Values(Request("PlainPromptIsEnough", nullptr, {}),
                      Request("AtTheLimit", [](TaskRequest& r) { r.prompt = "0123456789"; }, {}),
                      Request("CodePointsAreCountedNotBytes", [](TaskRequest& r) { r.prompt = "猫猫猫猫猫猫猫猫😀é"; },
                              {}),
                      Request("TooLong", [](TaskRequest& r) { r.prompt = "01234567890"; }, {"generation_task.prompt"}),
                      Request("EmptyAlone", [](TaskRequest& r) { r.prompt.clear(); }, {"generation_task.prompt"}),
                      Request("EmptyWithImage",
                              [](TaskRequest& r) {
                                r.prompt.clear();
                                r.references = References({Role::kReferenceImage});
                              },
                              {}),
                      Request("EmptyWithAudioOnly",
                              [](TaskRequest& r) {
                                r.prompt.clear();
                                r.references = References({Role::kReferenceAudio});
                              },
                              {"generation_task.prompt", "generation_task.references"})),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Shape, CheckTaskTest,
    ::testing::Values(
        Request("KnownResolution", [](TaskRequest& r) { r.resolution = Resolution::k480p; }, {}),
        Request("UnknownResolution", [](TaskRequest& r) { r.resolution = Resolution::k4k; },
                {"generation_task.resolution"}),
        Case{"MissingResolution",
             nullptr,
             [](ModelProfile& p) { p.resolution_required = true; },
             {"generation_task.resolution"},
             {}},
        Request("KnownRatio", [](TaskRequest& r) { r.aspect_ratio = "9:16"; }, {}),
        Request("UnknownRatio", [](TaskRequest& r) { r.aspect_ratio = "16 : 9"; }, {"generation_task.aspect_ratio"}),
        Request("ShortestDuration", [](TaskRequest& r) { r.duration_seconds = 4; }, {}),
        Request("LongestDuration", [](TaskRequest& r) { r.duration_seconds = 15; }, {}),
        Request("TooShort", [](TaskRequest& r) { r.duration_seconds = 3; }, {"generation_task.duration"}),
        Request("TooLongDuration", [](TaskRequest& r) { r.duration_seconds = 16; }, {"generation_task.duration"}),
        Request("AutomaticDurationNotOffered", [](TaskRequest& r) { r.duration_seconds = -1; },
                {"generation_task.duration"}),
        Case{"AutomaticDurationOffered",
             [](TaskRequest& r) { r.duration_seconds = -1; },
             [](ModelProfile& p) { p.automatic_duration = true; },
             {},
             {}},
        Case{"AutomaticIsMinusOneOnly",
             [](TaskRequest& r) { r.duration_seconds = 0; },
             [](ModelProfile& p) { p.automatic_duration = true; },
             {"generation_task.duration"},
             {}},
        Request("SmallestSeed", [](TaskRequest& r) { r.seed = -1; }, {}),
        Request("LargestSeed", [](TaskRequest& r) { r.seed = 4294967295; }, {}),
        Request("SeedTooSmall", [](TaskRequest& r) { r.seed = -2; }, {"generation_task.seed"}),
        Request("SeedTooLarge", [](TaskRequest& r) { r.seed = 4294967296; }, {"generation_task.seed"}),
        Request("WebSearchAlone", [](TaskRequest& r) { r.web_search = true; }, {}),
        Request("WebSearchWithReference",
                [](TaskRequest& r) {
                  r.web_search = true;
                  r.references = References({Role::kReferenceImage});
                },
                {"generation_task.web_search"}),
        Request("EveryBrokenRuleIsReported",
                [](TaskRequest& r) {
                  r.prompt = "01234567890";
                  r.resolution = Resolution::k2k;
                  r.aspect_ratio = "x";
                  r.duration_seconds = 99;
                  r.seed = -9;
                },
                {"generation_task.prompt", "generation_task.resolution", "generation_task.aspect_ratio",
                 "generation_task.duration", "generation_task.seed"})),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    References, CheckTaskTest,
    ::testing::Values(
        Roles("AllKindsAtTheirLimits",
              {Role::kReferenceImage, Role::kReferenceImage, Role::kReferenceImage, Role::kReferenceVideo,
               Role::kReferenceVideo, Role::kReferenceAudio},
              {}),
        Roles("FourthImageIsNamed",
              {Role::kReferenceImage, Role::kReferenceVideo, Role::kReferenceImage, Role::kReferenceImage,
               Role::kReferenceImage, Role::kReferenceImage},
              {"generation_task.references[4]"}),
        Roles("ThirdVideoIsNamed", {Role::kReferenceVideo, Role::kReferenceVideo, Role::kReferenceVideo},
              {"generation_task.references[2]"}),
        Roles("SecondAudioIsNamed", {Role::kReferenceAudio, Role::kReferenceImage, Role::kReferenceAudio},
              {"generation_task.references[2]"}),
        Roles("RoleIsRequired", {Role::kReferenceImage, Role::kUnspecified}, {"generation_task.references[1].role"}),
        Roles("AudioAlone", {Role::kReferenceAudio}, {"generation_task.references"}),
        Case{"AudioAloneWhereAllowed",
             [](TaskRequest& r) { r.references = References({Role::kReferenceAudio}); },
             [](ModelProfile& p) { p.audio_alone = true; },
             {},
             {}},
        Roles("FirstFrame", {Role::kFirstFrame}, {}),
        Roles("FirstAndLastFrame", {Role::kLastFrame, Role::kFirstFrame}, {}),
        Roles("LastFrameAlone", {Role::kLastFrame}, {"generation_task.references"}),
        Roles("TwoFirstFrames", {Role::kFirstFrame, Role::kFirstFrame}, {"generation_task.references"}),
        Roles("TwoLastFrames", {Role::kFirstFrame, Role::kLastFrame, Role::kLastFrame}, {"generation_task.references"}),
        Roles("FramesExcludeOthersEachIsNamed", {Role::kReferenceImage, Role::kFirstFrame, Role::kReferenceAudio},
              {"generation_task.references[0].role", "generation_task.references[2].role"}),
        Roles("FrameWithMissingRoleIsReportedOnce", {Role::kFirstFrame, Role::kUnspecified},
              {"generation_task.references[1].role"}),
        Case{"FramesWithOthersWhereAllowed",
             [](TaskRequest& r) {
               r.references = References({Role::kFirstFrame, Role::kReferenceImage});
             },
             [](ModelProfile& p) { p.frames_with_references = true; },
             {},
             {}}),
    CaseName);

// Asks for something that the model may not have.
struct Extra {
  std::string field;
  std::function<void(TaskRequest&)> ask;
  std::function<void(TaskRequest&)> ask_for_nothing;  // What every model does.
  bool ModelProfile::*has;
};

TEST(CheckTask, WhatAModelDoesNotHaveIsRefusedOnlyWhenItIsReallyAskedFor) {
  const auto nothing = [](TaskRequest&) {};
  const std::vector<Extra> extras = {
      {"seed", [](TaskRequest& r) { r.seed = 0; }, [](TaskRequest& r) { r.seed = -1; }, &ModelProfile::seed},
      {"watermark", [](TaskRequest& r) { r.watermark = true; }, [](TaskRequest& r) { r.watermark = false; },
       &ModelProfile::watermark},
      {"return_last_frame", [](TaskRequest& r) { r.return_last_frame = true; }, nothing, &ModelProfile::last_frame},
      {"web_search", [](TaskRequest& r) { r.web_search = true; }, nothing, &ModelProfile::web_search},
  };
  for (const Extra& extra : extras) {
    TaskRequest request;
    request.model = "m";
    request.sent_prompt = "cat";
    ModelProfile profile = Profile();
    TaskRequest asking = request;
    extra.ask(asking);
    EXPECT_TRUE(CheckTask(asking, profile).empty()) << extra.field;
    profile.*extra.has = false;
    EXPECT_EQ(CheckTask(asking, profile),
              (Violations{{"generation_task." + extra.field, "is not supported by model m"}}));
    TaskRequest content = request;
    extra.ask_for_nothing(content);
    EXPECT_TRUE(CheckTask(content, profile).empty()) << extra.field;
  }
}

TEST(CheckTask, ARefusedSeedIsReportedOnce) {
  TaskRequest request;
  request.sent_prompt = "cat";
  request.seed = -2;
  ModelProfile profile = Profile();
  profile.seed = false;
  EXPECT_THAT(CheckTask(request, profile), ElementsAre(Field(&base::FieldViolation::description, HasSubstr("-2"))));
}

Reference ToAsset(Role role) {
  Reference reference;
  reference.role = role;
  reference.asset = UpstreamHandle{"u", "a"};
  return reference;
}

TEST(CheckTask, AssetsOnAModelWithoutThemAreAViolationOfTheModelWithAWayOut) {
  TaskRequest request;
  request.model = "strict";
  request.sent_prompt = "cat";
  request.references = {ToAsset(Role::kReferenceImage), ToAsset(Role::kReferenceVideo)};
  ModelProfile profile = Profile();
  EXPECT_TRUE(CheckTask(request, profile).empty());
  profile.asset_references = false;
  EXPECT_EQ(CheckTask(request, profile),
            (Violations{{"generation_task.model", "must be a model that accepts assets, is strict"}}));
  profile.asset_reference_model = "loose";
  EXPECT_EQ(CheckTask(request, profile),
            (Violations{{"generation_task.model",
                         "must be a model that accepts assets, is strict; loose accepts them, and "
                         "allow_model_upgrade selects it"}}));
  EXPECT_FALSE(TakesReferences(request, profile));
  request.references = References({Role::kReferenceImage});
  EXPECT_TRUE(CheckTask(request, profile).empty());
  EXPECT_TRUE(TakesReferences(request, profile));
}

std::function<void(TaskRequest&)> Ephemeral(std::optional<int> hours, bool ephemeral = true) {
  return [=](TaskRequest& r) {
    r.references = References({Role::kReferenceImage});
    r.references[0].ephemeral = ephemeral;
    r.ephemeral_hours = hours;
  };
}

void ImportsUrls(ModelProfile& profile) {
  profile.ephemeral_references = true;
  profile.min_ephemeral_hours = 3;
  profile.max_ephemeral_hours = 8;
}

INSTANTIATE_TEST_SUITE_P(
    Ephemeral, CheckTaskTest,
    ::testing::Values(
        Case{"EphemeralWhereTheVendorImports", Ephemeral({}), ImportsUrls, {}, {}},
        Request("EphemeralWhereItDoesNot", Ephemeral({}), {"generation_task.references[0].ephemeral"}),
        Case{"EphemeralAsset",
             [](TaskRequest& r) {
               r.references = {ToAsset(Role::kReferenceImage)};
               r.references[0].ephemeral = true;
             },
             ImportsUrls,
             {"generation_task.references[0].ephemeral"},
             {}},
        Case{"ShortestRetention", Ephemeral(3), ImportsUrls, {}, {}},
        Case{"LongestRetention", Ephemeral(8), ImportsUrls, {}, {}},
        Case{"RetentionTooShort", Ephemeral(2), ImportsUrls, {"generation_task.ephemeral_retention"}, {}},
        Case{"RetentionTooLong", Ephemeral(9), ImportsUrls, {"generation_task.ephemeral_retention"}, {}},
        Case{"RetentionOfNothing", Ephemeral(4, false), ImportsUrls, {"generation_task.ephemeral_retention"}, {}},
        Request("RetentionWhereTheVendorDoesNotImportIsNotJudged", Ephemeral(99),
                {"generation_task.references[0].ephemeral"})),
    CaseName);

INSTANTIATE_TEST_SUITE_P(Adaptive, CheckTaskTest,
                         ::testing::Values(Case{"AdaptiveAnywhere",
                                                [](TaskRequest& r) { r.aspect_ratio = "adaptive"; },
                                                [](ModelProfile& p) { p.aspect_ratios.insert("adaptive"); },
                                                {},
                                                {}},
                                           Case{"AdaptiveNeedsAFrame",
                                                [](TaskRequest& r) { r.aspect_ratio = "adaptive"; },
                                                [](ModelProfile& p) {
                                                  p.aspect_ratios.insert("adaptive");
                                                  p.adaptive_only_with_frames = true;
                                                },
                                                {"generation_task.aspect_ratio"},
                                                {}},
                                           Case{"AdaptiveWithAFrame",
                                                [](TaskRequest& r) {
                                                  r.aspect_ratio = "adaptive";
                                                  r.references = References({Role::kFirstFrame});
                                                },
                                                [](ModelProfile& p) {
                                                  p.aspect_ratios.insert("adaptive");
                                                  p.adaptive_only_with_frames = true;
                                                },
                                                {},
                                                {}}),
                         CaseName);

INSTANTIATE_TEST_SUITE_P(FramesOnlyAdaptive, CheckTaskTest,
                         ::testing::Values(Case{"FixedRatioWithAFrame",
                                                [](TaskRequest& r) {
                                                  r.aspect_ratio = "16:9";
                                                  r.references = References({Role::kFirstFrame, Role::kLastFrame});
                                                },
                                                [](ModelProfile& p) { p.frames_only_adaptive = true; },
                                                {"generation_task.aspect_ratio"},
                                                {}},
                                           Case{"AdaptiveRatioWithAFrame",
                                                [](TaskRequest& r) {
                                                  r.aspect_ratio = "adaptive";
                                                  r.references = References({Role::kFirstFrame});
                                                },
                                                [](ModelProfile& p) {
                                                  p.aspect_ratios.insert("adaptive");
                                                  p.frames_only_adaptive = true;
                                                },
                                                {},
                                                {}},
                                           Case{"NoRatioWithAFrame",
                                                [](TaskRequest& r) { r.references = References({Role::kFirstFrame}); },
                                                [](ModelProfile& p) { p.frames_only_adaptive = true; },
                                                {},
                                                {}},
                                           Case{"FixedRatioWithoutAFrame",
                                                [](TaskRequest& r) {
                                                  r.aspect_ratio = "16:9";
                                                  r.references = References({Role::kReferenceImage});
                                                },
                                                [](ModelProfile& p) { p.frames_only_adaptive = true; },
                                                {},
                                                {}}),
                         CaseName);

INSTANTIATE_TEST_SUITE_P(
    Together, CheckTaskTest,
    ::testing::Values(
        Case{"AsManyReferencesAsAllowed",
             [](TaskRequest& r) {
               r.references = References({Role::kReferenceImage, Role::kReferenceVideo, Role::kReferenceAudio});
             },
             [](ModelProfile& p) { p.max_references = 3; },
             {},
             {}},
        Case{"TheFirstReferenceTooManyIsNamed",
             [](TaskRequest& r) {
               r.references = References(
                   {Role::kReferenceImage, Role::kReferenceVideo, Role::kReferenceAudio, Role::kReferenceImage});
             },
             [](ModelProfile& p) { p.max_references = 2; },
             {"generation_task.references[2]"},
             {}}),
    CaseName);

Case Playing(const std::string& name, std::initializer_list<Role> roles, const std::vector<double>& seconds,
             const Paths& violations) {
  return {name, [references = References(roles)](TaskRequest& r) { r.references = references; },
          [](ModelProfile& p) {
            p.max_videos = p.max_audios = 3;
            p.max_video_duration = absl::Seconds(15);
            p.max_total_video_duration = absl::Seconds(20);
            p.max_audio_duration = absl::Seconds(10);
            p.max_total_audio_duration = absl::Seconds(12);
          },
          violations, seconds};
}

INSTANTIATE_TEST_SUITE_P(
    PlayTime, CheckTaskTest,
    ::testing::Values(
        Playing("AtTheLimit", {Role::kReferenceVideo}, {15}, {}),
        Playing("WithinTheSlack", {Role::kReferenceVideo}, {15.06}, {}),
        Playing("BeyondTheSlack", {Role::kReferenceImage, Role::kReferenceVideo}, {0, 15.061},
                {"generation_task.references[1]"}),
        Playing("TotalAtTheLimit", {Role::kReferenceVideo, Role::kReferenceVideo}, {10, 10.06}, {}),
        Playing("TotalBeyondTheLimitNamesTheOneThatCrossesIt",
                {Role::kReferenceVideo, Role::kReferenceImage, Role::kReferenceVideo, Role::kReferenceVideo},
                {10, 0, 10.061, 3}, {"generation_task.references[2]"}),
        Playing("KindsAreCountedApart", {Role::kReferenceVideo, Role::kReferenceAudio}, {15, 10}, {}),
        Playing("AudioHasItsOwnLimits",
                {Role::kReferenceAudio, Role::kReferenceVideo, Role::kReferenceAudio, Role::kReferenceAudio},
                {11, 2, 1, 5}, {"generation_task.references[0]", "generation_task.references[3]"}),
        Playing("WhatIsUnknownBreaksNoRule", {Role::kReferenceVideo, Role::kReferenceVideo}, {16, 0},
                {"generation_task.references[0]"}),
        Playing("FewerFactsThanReferences", {Role::kReferenceVideo, Role::kReferenceVideo}, {15}, {}),
        Case{"WithoutALimitOfItsOwn",
             [](TaskRequest& r) { r.references = References({Role::kReferenceVideo}); },
             [](ModelProfile& p) { p.max_video_duration = p.max_total_video_duration = absl::ZeroDuration(); },
             {},
             {3600}}),
    CaseName);

TEST(CheckTask, PlayTimesAreNamedWithTheirLimit) {
  TaskRequest request;
  request.sent_prompt = "cat";
  request.references = References({Role::kReferenceVideo, Role::kReferenceVideo});
  const Violations violations = CheckTask(request, Profile(), MediaOf({15.5, 3}));
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].description, "is a video of 15.5s; at most 15s are allowed");
  EXPECT_EQ(violations[1].description, "brings the duration of all reference videos to 18.5s; at most 15s are allowed");
}

TEST(CheckTask, DescriptionsNameTheLimitAndTheValue) {
  TaskRequest request;
  request.model = "seedance-x";
  request.sent_prompt = "cat";
  request.resolution = Resolution::k4k;
  request.aspect_ratio = "4:3";
  request.duration_seconds = 99;
  const auto violations = CheckTask(request, Profile());
  ASSERT_EQ(violations.size(), 3u);
  EXPECT_EQ(violations[0].description, "must be one of 480p, 720p for model seedance-x, is 4k");
  EXPECT_EQ(violations[1].description, "must be one of 16:9, 9:16, is `4:3`");
  EXPECT_EQ(violations[2].description, "must be 4 to 15 s for model seedance-x, is 99 s");
}

TEST(CheckTask, LongForeignTextIsNotRepeatedWhole) {
  TaskRequest request;
  request.sent_prompt = "cat";
  request.aspect_ratio = "12345678901234567890123456789012" + std::string(100'000, 'x');
  request.aspect_ratio.replace(31, 1, "猫");  // Cut in its middle.
  const auto violations = CheckTask(request, Profile());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_LT(violations[0].description.size(), 200u);
  EXPECT_EQ(base::ToUtf8(violations[0].description), violations[0].description);
}

TEST(SortReferences, ImagesThenVideosThenAudiosEachInTheirOrderAndTheLastFrameBehindTheFirst) {
  std::vector<Reference> references = References({Role::kReferenceAudio, Role::kReferenceVideo, Role::kReferenceImage,
                                                  Role::kLastFrame, Role::kReferenceVideo, Role::kFirstFrame});
  SortReferences(references);
  Paths order;
  for (const Reference& reference : references) order.push_back(reference.uri.substr(21));
  EXPECT_EQ(order, (Paths{"3", "6", "4", "2", "5", "1"}));
}

}  // namespace
}  // namespace seedance::model
