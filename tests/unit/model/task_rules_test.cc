#include "service/model/task_rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace seedance::model {
namespace {

using Role = ReferenceRole;
using Paths = std::vector<std::string>;

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
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class CheckTaskTest : public ::testing::TestWithParam<Case> {};

TEST_P(CheckTaskTest, FindsExactlyTheBrokenRules) {
  TaskRequest request;
  request.model = "m";
  request.prompt = "a cat";
  ModelProfile profile = Profile();
  if (GetParam().request) GetParam().request(request);
  if (GetParam().profile) GetParam().profile(profile);
  Paths paths;
  for (const base::FieldViolation& violation : CheckTask(request, profile)) {
    paths.push_back(violation.field);
    EXPECT_FALSE(violation.description.empty());
  }
  EXPECT_EQ(paths, GetParam().violations);
}

// A case with references of these roles.
Case Roles(const std::string& name, std::initializer_list<Role> roles, const Paths& violations) {
  return {name, [references = References(roles)](TaskRequest& r) { r.references = references; }, nullptr, violations};
}

Case Request(const std::string& name, std::function<void(TaskRequest&)> edit, const Paths& violations) {
  return {name, std::move(edit), nullptr, violations};
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
             {"generation_task.resolution"}},
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
             {}},
        Case{"AutomaticIsMinusOneOnly",
             [](TaskRequest& r) { r.duration_seconds = 0; },
             [](ModelProfile& p) { p.automatic_duration = true; },
             {"generation_task.duration"}},
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
             {}}),
    CaseName);

TEST(CheckTask, DescriptionsNameTheLimitAndTheValue) {
  TaskRequest request;
  request.model = "seedance-x";
  request.prompt = "cat";
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
  request.prompt = "cat";
  request.aspect_ratio = std::string(100'000, 'x');
  const auto violations = CheckTask(request, Profile());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_LT(violations[0].description.size(), 200u);
}

TEST(SortReferences, ImagesThenVideosThenAudiosEachInTheirOrder) {
  std::vector<Reference> references = References({Role::kReferenceAudio, Role::kReferenceVideo, Role::kReferenceImage,
                                                  Role::kLastFrame, Role::kReferenceVideo, Role::kFirstFrame});
  SortReferences(references);
  Paths order;
  for (const Reference& reference : references) order.push_back(reference.uri.substr(21));
  EXPECT_EQ(order, (Paths{"3", "4", "6", "2", "5", "1"}));
}

}  // namespace
}  // namespace seedance::model
