// Rules of tasks that differ from model to model by data: windows of reference videos, ratios with frames, retirement.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "service/model/task_rules.h"

namespace seedance::model {
namespace {

using Role = ReferenceRole;
using Violations = std::vector<base::FieldViolation>;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelProfile SmallProfile() {
  ModelProfile profile;
  profile.resolutions = {Resolution::k480p, Resolution::k720p};
  profile.aspect_ratios = {"16:9", "9:16"};
  return profile;
}

std::vector<Reference> WithRoles(std::initializer_list<Role> roles) {
  std::vector<Reference> references;
  for (const Role role : roles) {
    Reference& reference = references.emplace_back();
    reference.role = role;
    reference.uri = "https://example.test/1";
  }
  return references;
}

TEST(CheckTask, AReferenceVideoMustFitTheWindowOfTheModel) {
  TaskRequest request;
  request.model = "m";
  request.sent_prompt = "cat";
  request.references = WithRoles({Role::kReferenceImage, Role::kReferenceVideo});
  ModelProfile profile = SmallProfile();
  profile.reference_video.min_side = 300;
  profile.reference_video.max_pixels = 1'000'000;
  profile.reference_video.min_duration = absl::Seconds(2);
  profile.reference_video.max_frame_rate = 60;
  profile.reference_video.max_bytes = 1000;
  std::vector<MediaInfo> media(2);
  media[0].width = media[0].height = 5000;  // An image has no such window.
  EXPECT_TRUE(CheckTask(request, profile, media).empty());
  media[1] = {"mp4", 1000, 1000, absl::Seconds(2), 60, 1000, ""};
  EXPECT_TRUE(CheckTask(request, profile, media).empty());
  media[1] = {"mp4", 4000, 299, absl::Seconds(1), 61, 1001, ""};
  const Violations violations = CheckTask(request, profile, media);
  ASSERT_EQ(violations.size(), 5u);
  for (const base::FieldViolation& each : violations) EXPECT_EQ(each.field, "generation_task.references[1]");
  EXPECT_EQ(violations[0].description, "for model m size must be at most 1000 bytes, is 1001 bytes");
  EXPECT_EQ(violations[1].description, "for model m height must be at least 300 px, is 299 px");
}

// ---- Warnings ----

TEST(WarningsOf, ARetiredModelIsToldNinetyDaysBeforeItsEndAndAfter) {
  TaskRequest request;
  request.model = "m";
  ModelProfile profile = SmallProfile();
  const absl::Time end = absl::FromCivil(absl::CivilDay(2026, 11, 11), absl::UTCTimeZone());
  EXPECT_TRUE(WarningsOf(request, profile, end).empty());
  profile.retire_time = end;
  EXPECT_TRUE(WarningsOf(request, profile, end - kRetirementNotice - absl::Seconds(1)).empty());
  EXPECT_THAT(WarningsOf(request, profile, end - kRetirementNotice),
              ElementsAre("the maker of model m has announced its retirement for 2026-11-11 (UTC); the vendor may "
                          "refuse it from then on"));
  EXPECT_THAT(
      WarningsOf(request, profile, end),
      ElementsAre("the maker of model m has announced its retirement for 2026-11-11 (UTC); the vendor may refuse it"));
}

TEST(WarningsOf, AFixedRatioBesideAReferenceVideoMayFailLater) {
  TaskRequest request;
  request.model = "m";
  request.aspect_ratio = "16:9";
  request.references = WithRoles({Role::kReferenceVideo});
  ModelProfile profile = SmallProfile();
  EXPECT_TRUE(WarningsOf(request, profile, absl::UnixEpoch()).empty());
  profile.frames_only_adaptive = true;
  EXPECT_THAT(WarningsOf(request, profile, absl::UnixEpoch()),
              ElementsAre(AllOf(HasSubstr("edit or an extension"), HasSubstr("set aspect_ratio to adaptive"))));
  profile.adaptive_only_with_frames = true;
  EXPECT_THAT(WarningsOf(request, profile, absl::UnixEpoch()), ElementsAre(HasSubstr("omit aspect_ratio")));
  request.aspect_ratio = "adaptive";
  EXPECT_TRUE(WarningsOf(request, profile, absl::UnixEpoch()).empty());
}

TEST(WarningsOf, ReferencesOfAModelThatWantsItsOwnShapeAreToldWhatToLeaveToIt) {
  TaskRequest request;
  request.model = "m";
  request.aspect_ratio = "16:9";
  request.references = WithRoles({Role::kReferenceImage});
  ModelProfile profile = SmallProfile();
  profile.frames_only_adaptive = true;
  profile.automatic_duration = true;
  const auto warnings = [&] { return WarningsOf(request, profile, absl::UnixEpoch()); };
  EXPECT_TRUE(warnings().empty());
  profile.references_want_adaptive = true;
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("; set aspect_ratio to adaptive and set duration to -1s")));
  request.references = WithRoles({Role::kReferenceVideo});
  EXPECT_EQ(warnings().size(), 1u) << "not twice for its ratio";
  request.aspect_ratio.clear();
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("duration; set duration to -1s"))) << "5 s are sent";
  request.duration_seconds = -1;
  EXPECT_TRUE(warnings().empty());
  request.references = WithRoles({Role::kFirstFrame});
  request.duration_seconds = 5;
  EXPECT_TRUE(warnings().empty());
  // Where neither can be said, it can only be left out.
  request.references = WithRoles({Role::kReferenceAudio, Role::kReferenceImage});
  request.aspect_ratio = "9:16";
  profile.automatic_duration = false;
  profile.adaptive_only_with_frames = true;
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("duration; omit aspect_ratio")));
}

TEST(SentAspectRatio, IsAdaptiveInPlaceOfTheCallerWithFramesThatNeedIt) {
  TaskRequest request;
  request.references = WithRoles({Role::kFirstFrame});
  ModelProfile profile = SmallProfile();
  EXPECT_EQ(SentAspectRatio(request, profile), "");
  profile.frames_only_adaptive = true;
  EXPECT_EQ(SentAspectRatio(request, profile), "adaptive");
  request.references = WithRoles({Role::kReferenceImage});
  EXPECT_EQ(SentAspectRatio(request, profile), "");
  request.aspect_ratio = "9:16";
  EXPECT_EQ(SentAspectRatio(request, profile), "9:16");
}

}  // namespace
}  // namespace seedance::model
