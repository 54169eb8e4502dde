// What AnyFast and other hosts of the new-api family take, as their pages and the models' origin say it.
#include "service/upstream/anyfast/profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "service/model/cost.h"

namespace seedance::upstream {
namespace {

using model::ModelProfile;
using model::Resolution;
using ::testing::ElementsAre;

const ModelProfile* Find(const std::string& name) {
  static const auto* const kProfile = new model::UpstreamProfile(AnyFastProfile());
  return kProfile->FindModel(name);
}

const ModelProfile& Model(const std::string& name) {
  const ModelProfile* found = Find(name);
  EXPECT_NE(found, nullptr) << name;
  static const auto* const kNone = new ModelProfile();
  return found == nullptr ? *kNone : *found;
}

TEST(AnyFastModels, KnownOnesHaveProfilesUnknownOnesAreRefused) {
  EXPECT_EQ(Model("seedance").max_images, 9u);
  EXPECT_EQ(Model("seedance-2.5-nsfw").max_duration_seconds, 30);
  EXPECT_TRUE(Model("seedance-2.5").automatic_duration);
  EXPECT_TRUE(Model("seedance-2.0-ultra").resolution_required);
  EXPECT_EQ(Model("seedance-fast").resolutions.count(Resolution::k1080p), 0u);
  EXPECT_EQ(Model("doubao-seedance-1-5-pro-251215").min_duration_seconds, 4);
  EXPECT_EQ(Model("doubao-seedance-1-0-lite-i2v-250428").max_images, 4u);
  for (const char* unknown : {"", "seedance-2.0-fast", "seedance-3", "doubao-seedance-1-0-", "sora-2"}) {
    EXPECT_EQ(Find(unknown), nullptr) << unknown;
  }
}

TEST(AnyFastModels, Seedance25TakesFiftyReferencesAndAudioAlone) {
  for (const char* name : {"seedance-2.5", "seedance-2.5-nsfw", "doubao-seedance-2-5-260628",
                           "dreamina-seedance-2-5-260628", "dreamina-seedance-2-5-premium-260915"}) {
    const ModelProfile& row = Model(name);
    EXPECT_EQ(row.max_images, 30u) << name;
    EXPECT_EQ(row.max_videos, 10u) << name;
    EXPECT_EQ(row.max_audios, 10u) << name;
    EXPECT_EQ(row.max_references, 50u) << name;
    EXPECT_TRUE(row.audio_alone) << name;
    EXPECT_EQ(row.min_duration_seconds, 4) << name;
    EXPECT_EQ(row.max_duration_seconds, 30) << name;
    EXPECT_TRUE(row.automatic_duration && row.frames_only_adaptive) << name;
  }
}

TEST(AnyFastModels, Seedance25HasNeither2kNor4kAndPremiumNothingElse) {
  EXPECT_THAT(Model("seedance-2.5").resolutions, ElementsAre(Resolution::k480p, Resolution::k720p, Resolution::k1080p));
  for (const char* name : {"seedance-2.5-premium", "doubao-seedance-2-5-premium-260915"}) {
    EXPECT_THAT(Model(name).resolutions, ElementsAre(Resolution::k4k)) << name;
    EXPECT_EQ(Model(name).default_resolution, Resolution::k4k) << name;
  }
}

TEST(AnyFastModels, FlashTakesTwentyReferencesAndNoAudioAlone) {
  for (const char* name : {"seedance-2.5-flash", "dreamina-seedance-2-5-flash-261101"}) {
    const ModelProfile& row = Model(name);
    EXPECT_THAT(row.resolutions, ElementsAre(Resolution::k480p, Resolution::k720p)) << name;
    EXPECT_EQ(row.max_images, 10u) << name;
    EXPECT_EQ(row.max_videos, 5u) << name;
    EXPECT_EQ(row.max_audios, 5u) << name;
    EXPECT_EQ(row.max_references, 20u) << name;
    EXPECT_FALSE(row.audio_alone) << name;
    EXPECT_EQ(row.max_duration_seconds, 30) << name;
  }
}

TEST(AnyFastModels, OnlyFlashWantsTheShapeLeftToItWithReferences) {
  for (const ModelProfile& row : AnyFastProfile().models) {
    EXPECT_EQ(row.references_want_adaptive, row.name.find("flash") != std::string::npos) << row.name;
  }
}

TEST(AnyFastModels, FastOf10HasNoLastFrame) {
  EXPECT_EQ(Model("doubao-seedance-1-0-pro-250528").max_images, 2u);
  EXPECT_EQ(Model("doubao-seedance-1-0-pro-fast-251015").max_images, 1u);
}

TEST(AnyFastModels, TheVendorMayChooseTheLengthOfAll2xAnd15) {
  for (const ModelProfile& row : AnyFastProfile().models) {
    EXPECT_EQ(row.automatic_duration, row.name.find("seedance-1-0") == std::string::npos) << row.name;
  }
}

TEST(AnyFastModels, DatedNamesOfBothSidesHaveTheRulesOfTheirModel) {
  for (const std::string side : {"doubao-", "dreamina-"}) {
    EXPECT_EQ(Model(side + "seedance-2-0-260128").resolutions, Model("seedance").resolutions);
    EXPECT_EQ(Model(side + "seedance-2-0-fast-260128").resolutions, Model("seedance-fast").resolutions);
    EXPECT_EQ(Model(side + "seedance-2-0-mini-260615").resolutions, Model("seedance-2.0-mini").resolutions);
    EXPECT_EQ(Model(side + "seedance-2-0-fast-270101").max_images, 9u);
    EXPECT_EQ(Find(side + "seedance-2-0-lite-260128"), nullptr);
    EXPECT_EQ(Find(side + "seedance-2-6-260628"), nullptr);
  }
}

TEST(AnyFastModels, ReferenceVideosOf20HaveTheWindowOfTheGuideAnd25ThatOfTheOrigin) {
  const ModelProfile& standard = Model("seedance");
  EXPECT_EQ(standard.reference_video.max_bytes, int64_t{50} << 20);
  EXPECT_EQ(standard.reference_video.max_pixels, 927'408);
  EXPECT_EQ(standard.max_video_duration, absl::Seconds(15.2));
  EXPECT_EQ(standard.max_total_video_duration, absl::Seconds(15.2));
  const ModelProfile& newer = Model("seedance-2.5");
  EXPECT_EQ(newer.reference_video.max_bytes, int64_t{200} << 20);
  EXPECT_EQ(newer.reference_video.max_pixels, 8'295'044);
  EXPECT_EQ(newer.max_video_duration, absl::Seconds(30.2));
  EXPECT_EQ(newer.max_total_video_duration, absl::Seconds(30.2));
  for (const ModelProfile* row : {&standard, &newer}) {
    EXPECT_EQ(row->reference_video.min_side, 300);
    EXPECT_EQ(row->reference_video.max_side, 6000);
    EXPECT_EQ(row->reference_video.min_ratio, 0.4);
    EXPECT_EQ(row->reference_video.max_ratio, 2.5);
    EXPECT_EQ(row->reference_video.min_pixels, 407'696);
    EXPECT_EQ(row->reference_video.min_duration, absl::Seconds(2));
    EXPECT_EQ(row->reference_video.min_frame_rate, 24);
    EXPECT_EQ(row->reference_video.max_frame_rate, 60);
  }
}

TEST(AnyFastModels, ALengthOfTheVendorsChoiceCostsBetweenTheShortestAndTheLongestVideo) {
  for (const auto& [name, longest] :
       {std::pair("seedance", 15), std::pair("seedance-2.5", 30), std::pair("doubao-seedance-1-5-pro-251215", 12)}) {
    ModelProfile row = Model(name);
    row.price = model::Price{"USD", 0, 1, {}};
    model::TaskRequest request;
    request.duration_seconds = -1;
    EXPECT_EQ(model::EstimateCost(request, row), model::Cost{}) << name;
    const model::CostRange range = model::EstimateCostRange(request, row);
    EXPECT_EQ(range.least, (model::Cost{"USD", 4'000'000})) << name;
    EXPECT_EQ(range.most, (model::Cost{"USD", longest * 1'000'000})) << name;
  }
}

TEST(AnyFastModels, OnlySeedance15ProHasADayOfItsEnd) {
  const absl::Time end = absl::FromCivil(absl::CivilDay(2026, 11, 11), absl::UTCTimeZone());
  for (const ModelProfile& row : AnyFastProfile().models) {
    const bool ends = row.name.find("seedance-1-5-pro") != std::string::npos;
    EXPECT_EQ(row.retire_time, ends ? end : absl::InfiniteFuture()) << row.name;
  }
}

}  // namespace
}  // namespace seedance::upstream
