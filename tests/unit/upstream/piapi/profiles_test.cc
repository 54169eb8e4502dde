// What PiAPI takes, as its pages say it.

#include "service/upstream/piapi/profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace seedance::upstream {
namespace {

using model::ModelProfile;
using model::Resolution;
using ::testing::ElementsAre;

const ModelProfile& Model(const std::string& name) {
  static const auto* const kProfile = new model::UpstreamProfile(PiApiProfile("developer"));
  const ModelProfile* found = kProfile->FindModel(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

TEST(PiApiProfile, ModelsOfTheTable) {
  EXPECT_THAT(Model("seedance-2").resolutions, ElementsAre(Resolution::k480p, Resolution::k720p, Resolution::k1080p));
  EXPECT_EQ(Model("seedance-2").default_resolution, Resolution::k480p);
  EXPECT_THAT(Model("seedance-2-fast").resolutions, ElementsAre(Resolution::k480p, Resolution::k720p));
  EXPECT_EQ(Model("seedance-2-fast").default_resolution, Resolution::k480p);
  EXPECT_THAT(Model("seedance-2-mini").resolutions, ElementsAre(Resolution::k480p, Resolution::k720p));
  EXPECT_EQ(Model("seedance-2-mini").default_resolution, Resolution::k720p);
  EXPECT_EQ(Model("seedance-2").max_duration_seconds, 15);
  EXPECT_EQ(Model("seedance-2.5").max_duration_seconds, 30);
  EXPECT_EQ(Model("seedance-2.5-flash").max_duration_seconds, 30);
  EXPECT_EQ(PiApiProfile("developer").default_model, "seedance-2");
  EXPECT_EQ(PiApiProfile("developer").FindModel("seedance-3"), nullptr);
}

TEST(PiApiProfile, LessRestrictedModelsImportUrlsAndTheTwoOfTheGuideTakeAssets) {
  for (const ModelProfile& row : PiApiProfile("developer").models) {
    const bool twin = absl::EndsWith(row.name, "-less-restriction");
    const bool named = row.name == "seedance-2-less-restriction" || row.name == "seedance-2-fast-less-restriction";
    EXPECT_EQ(row.asset_references, named) << row.name;
    EXPECT_EQ(row.ephemeral_references, twin) << row.name;
    EXPECT_EQ(row.min_ephemeral_hours, twin ? 3 : 0) << row.name;
    EXPECT_EQ(row.max_ephemeral_hours, twin ? 8 : 0) << row.name;
    EXPECT_TRUE(!twin || row.asset_reference_model.empty()) << row.name;
  }
}

TEST(PiApiProfile, AStrictModelNamesATwinThatTakesAllThatItTakesOrNone) {
  const model::UpstreamProfile profile = PiApiProfile("developer");
  for (const ModelProfile& row : profile.models) {
    if (row.asset_reference_model.empty()) continue;
    const ModelProfile* twin = profile.FindModel(row.asset_reference_model);
    ASSERT_NE(twin, nullptr) << row.name;
    EXPECT_EQ(twin->resolutions, row.resolutions) << row.name;
    EXPECT_EQ(twin->max_duration_seconds, row.max_duration_seconds) << row.name;
    EXPECT_EQ(twin->default_resolution, row.default_resolution) << row.name;
  }
  EXPECT_EQ(Model("seedance-2-fast-preview").asset_reference_model, "seedance-2-fast-less-restriction");
}

TEST(PiApiProfile, NothingThatTheVendorDoesNotHaveIsOffered) {
  for (const ModelProfile& row : PiApiProfile("developer").models) {
    EXPECT_FALSE(row.seed || row.watermark || row.last_frame || row.web_search || row.automatic_duration) << row.name;
    EXPECT_TRUE(row.adaptive_only_with_frames) << row.name;
    EXPECT_FALSE(row.audio_alone || row.frames_with_references) << row.name;
    EXPECT_EQ(row.max_prompt_characters, 4000u);
    EXPECT_EQ(row.max_references, row.name == "seedance-2.5-flash" ? 20u : 12u) << row.name;
  }
}

TEST(PiApiProfile, NewerModelsMakeFourToThirtySecondsAndHaveFifteenOfAudio) {
  for (const char* name : {"seedance-2.5", "seedance-2.5-less-restriction", "seedance-2.5-flash"}) {
    const ModelProfile& row = Model(name);
    EXPECT_EQ(row.min_duration_seconds, 4) << name;
    EXPECT_EQ(row.max_duration_seconds, 30) << name;
    EXPECT_EQ(row.max_total_audio_duration, absl::Seconds(15)) << name;
    EXPECT_EQ(row.max_total_video_duration, absl::Seconds(30.2)) << name;
    EXPECT_TRUE(row.frames_only_adaptive) << name;
  }
  EXPECT_THAT(Model("seedance-2.5-flash").resolutions, ElementsAre(Resolution::k480p, Resolution::k720p));
  EXPECT_EQ(Model("seedance-2.5-flash").max_images, 10u);
  EXPECT_EQ(Model("seedance-2.5-flash").max_videos, 5u);
  EXPECT_EQ(Model("seedance-2.5-flash").max_audios, 5u);
}

TEST(PiApiProfile, ReferenceVideosHaveTheWindowOfItsPage) {
  for (const ModelProfile& row : PiApiProfile("developer").models) {
    EXPECT_EQ(row.reference_video.max_bytes, int64_t{50} << 20) << row.name;
    EXPECT_EQ(row.reference_video.min_pixels, 407'696) << row.name;
    EXPECT_EQ(row.reference_video.max_pixels, 2'086'876) << row.name;
  }
}

TEST(PiApiProfile, LibraryFollowsThePlan) {
  const auto library = [](const char* plan) { return PiApiProfile(plan).assets.library; };
  EXPECT_EQ(library("hobbyist"), (model::AssetLibrary{50, absl::Hours(72)}));
  EXPECT_EQ(library("developer"), (model::AssetLibrary{200, absl::Hours(168)}));
  EXPECT_EQ(library("premium"), (model::AssetLibrary{500, absl::Hours(360)}));
  EXPECT_EQ(library("enterprise"), (model::AssetLibrary{1000, absl::Hours(360)}));
  EXPECT_EQ(library(""), library("developer"));
}

TEST(PiApiProfile, AssetsAreUrlsInALibraryWithoutGroups) {
  const model::AssetProfile assets = PiApiProfile("developer").assets;
  EXPECT_FALSE(assets.groups || assets.bytes || assets.data_uris || assets.rename);
  EXPECT_EQ(assets.max_staged_bytes, 10'000'000);
  EXPECT_TRUE(assets.image.open_bounds);
  EXPECT_EQ(assets.video.max_pixels, 2'086'876);
  EXPECT_EQ(assets.audio.max_duration, absl::Seconds(15));
}

TEST(PiApiProfile, NotationIsThatOfTheGuide) {
  EXPECT_EQ(PiApiProfile("developer").notation, (model::PromptNotation{"Image ", "Video ", "Audio "}));
}

}  // namespace
}  // namespace seedance::upstream
