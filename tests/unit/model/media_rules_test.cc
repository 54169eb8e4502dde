#include "service/model/media_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace seedance::model {
namespace {

using ::testing::ElementsAreArray;

AssetProfile MediaProfile() {
  AssetProfile profile;
  profile.image.formats = {"jpeg", "png"};
  profile.image.max_bytes = 1000;
  profile.image.min_side = 300;
  profile.image.max_side = 6000;
  profile.image.min_ratio = 0.4;
  profile.image.max_ratio = 2.5;
  profile.video.formats = {"mov", "mp4"};
  profile.video.min_pixels = 407'696;
  profile.video.max_pixels = 927'408;
  profile.video.min_duration = absl::Seconds(2);
  profile.video.max_duration = absl::Seconds(15);
  profile.video.min_frame_rate = 24;
  profile.video.max_frame_rate = 60;
  profile.audio.formats = {"mp3"};
  profile.audio.max_duration = absl::Seconds(15);
  return profile;
}

MediaInfo Picture(int width, int height) {
  MediaInfo info;
  info.container = "png";
  info.width = width;
  info.height = height;
  info.size_bytes = 1000;
  return info;
}

MediaInfo Movie(double seconds, double frame_rate) {
  MediaInfo info;
  info.container = "mp4";
  info.width = 1280;
  info.height = 720;
  info.duration = absl::Seconds(seconds);
  info.frame_rate = frame_rate;
  return info;
}

std::vector<std::string> Check(MediaType type, const MediaInfo& info, const AssetProfile& profile = MediaProfile()) {
  std::vector<std::string> descriptions;
  for (const base::FieldViolation& violation : CheckMedia("asset.file", type, info, profile)) {
    EXPECT_EQ(violation.field, "asset.file");
    descriptions.push_back(violation.description);
  }
  return descriptions;
}

struct MediaCase {
  MediaInfo info;
  std::vector<std::string> violations;
};

TEST(CheckMedia, BoundsOfPicturesAreInside) {
  const std::vector<MediaCase> cases = {
      {Picture(300, 300), {}},
      {Picture(6000, 6000), {}},
      {Picture(400, 1000), {}},
      {Picture(1000, 400), {}},
      {Picture(299, 300), {"width must be 300 to 6000 px, is 299 px"}},
      {Picture(300, 299), {"height must be 300 to 6000 px, is 299 px"}},
      {Picture(6001, 6000), {"width must be 300 to 6000 px, is 6001 px"}},
      {Picture(6000, 6001), {"height must be 300 to 6000 px, is 6001 px"}},
      {Picture(399, 1000), {"width / height must be 0.4 to 2.5, is 0.399 (399 x 1000)"}},
      {Picture(5001, 2000), {"width / height must be 0.4 to 2.5, is 2.5005 (5001 x 2000)"}},
      {Picture(10, 9000),
       {"width must be 300 to 6000 px, is 10 px", "height must be 300 to 6000 px, is 9000 px",
        "width / height must be 0.4 to 2.5, is 0.00111111111 (10 x 9000)"}},
  };
  for (const MediaCase& row : cases) EXPECT_THAT(Check(MediaType::kImage, row.info), ElementsAreArray(row.violations));
}

TEST(CheckMedia, OpenBoundsAreOutside) {
  AssetProfile profile = MediaProfile();
  profile.image.open_bounds = true;
  const std::vector<MediaCase> cases = {
      {Picture(301, 301), {}},
      {Picture(5999, 5999), {}},
      {Picture(300, 301), {"width must be over 300 and under 6000 px, is 300 px"}},
      {Picture(5999, 6000), {"height must be over 300 and under 6000 px, is 6000 px"}},
      {Picture(1000, 400), {"width / height must be over 0.4 and under 2.5, is 2.5 (1000 x 400)"}},
      {Picture(400, 1000), {"width / height must be over 0.4 and under 2.5, is 0.4 (400 x 1000)"}},
  };
  for (const MediaCase& row : cases) {
    EXPECT_THAT(Check(MediaType::kImage, row.info, profile), ElementsAreArray(row.violations));
  }
  profile.image.max_side = 0;
  EXPECT_THAT(Check(MediaType::kImage, Picture(300, 700), profile),
              ElementsAreArray({"width must be over 300 px, is 300 px"}));
  profile.image = {};
  profile.image.open_bounds = true;
  profile.image.max_ratio = 2;
  EXPECT_THAT(Check(MediaType::kImage, Picture(200, 100), profile),
              ElementsAreArray({"width / height must be under 2, is 2 (200 x 100)"}));
}

TEST(CheckMedia, CountsPixelsOfAFrame) {
  MediaInfo info = Movie(5, 24);
  info.width = 407'696;
  info.height = 1;
  EXPECT_THAT(Check(MediaType::kVideo, info), ElementsAreArray(std::vector<std::string>{}));
  info.width = 407'695;
  EXPECT_THAT(Check(MediaType::kVideo, info),
              ElementsAreArray({"width * height must be 407696 to 927408 px, is 407695 px (407695 x 1)"}));
  info.width = info.height = 2'000'000'000;
  EXPECT_THAT(Check(MediaType::kVideo, info),
              ElementsAreArray({"width * height must be 407696 to 927408 px, is 4e+18 px (2000000000 x 2000000000)"}));
}

TEST(CheckMedia, HasSlackForDurationsAndFrameRates) {
  const std::vector<MediaCase> cases = {
      {Movie(2, 24), {}},
      {Movie(1.94, 23.976), {}},
      {Movie(15.06, 60.05), {}},
      {Movie(1.93, 24), {"duration must be 2 to 15 s, is 1.93 s"}},
      {Movie(15.07, 24), {"duration must be 2 to 15 s, is 15.07 s"}},
      {Movie(5, 23.94), {"frame rate must be 24 to 60 fps, is 23.94 fps"}},
      {Movie(5, 60.06), {"frame rate must be 24 to 60 fps, is 60.06 fps"}},
  };
  for (const MediaCase& row : cases) EXPECT_THAT(Check(MediaType::kVideo, row.info), ElementsAreArray(row.violations));
}

TEST(CheckMedia, MayHaveABoundOnOneSideOnly) {
  MediaInfo info;
  info.container = "mp3";
  info.duration = absl::Seconds(16);
  EXPECT_THAT(Check(MediaType::kAudio, info), ElementsAreArray({"duration must be at most 15 s, is 16 s"}));
  AssetProfile profile = MediaProfile();
  profile.audio.max_duration = absl::ZeroDuration();
  profile.audio.min_duration = absl::Seconds(20);
  EXPECT_THAT(Check(MediaType::kAudio, info, profile), ElementsAreArray({"duration must be at least 20 s, is 16 s"}));
}

TEST(CheckMedia, NamesTheFormatThatIsRefused) {
  MediaInfo info = Picture(300, 300);
  info.container = "avif";
  EXPECT_THAT(Check(MediaType::kImage, info), ElementsAreArray({"format must be one of jpeg, png, is avif"}));
  info.container = "\xff";
  EXPECT_THAT(Check(MediaType::kImage, info), ElementsAreArray({"format must be one of jpeg, png, is \xef\xbf\xbd"}));
  AssetProfile profile = MediaProfile();
  profile.image.formats.clear();
  EXPECT_TRUE(Check(MediaType::kImage, info, profile).empty()) << "no list, no limit";
}

TEST(CheckMedia, RefusesFilesThatAreTooLarge) {
  MediaInfo info = Picture(300, 300);
  info.size_bytes = 1001;
  EXPECT_THAT(Check(MediaType::kImage, info), ElementsAreArray({"size must be at most 1000 bytes, is 1001 bytes"}));
}

TEST(CheckMedia, WhatIsNotKnownBreaksNoRule) {
  for (const MediaType type : {MediaType::kImage, MediaType::kVideo, MediaType::kAudio}) {
    EXPECT_TRUE(Check(type, {}).empty());
  }
  MediaInfo info;
  info.width = 400;
  EXPECT_TRUE(Check(MediaType::kImage, info).empty());
}

TEST(CheckMedia, LimitsAreThoseOfTheType) {
  MediaInfo info = Picture(10, 10);
  info.container = "mp3";
  EXPECT_TRUE(Check(MediaType::kAudio, info).empty());
  EXPECT_EQ(Check(MediaType::kImage, info).size(), 3u);
  EXPECT_EQ(Check(MediaType::kVideo, info).size(), 2u);
}

}  // namespace
}  // namespace seedance::model
