#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/testing/media_builder.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using model::MediaType;
using ::seedance::testing::MakeMedia;
using ::seedance::testing::MediaSpec;
using ::seedance::testing::MovieLayout;

const std::vector<std::string> kPictures = {"png", "jpeg", "gif", "webp", "bmp", "tiff", "heic", "heif", "avif"};
const std::vector<std::string> kMovies = {"mp4", "mov"};
const std::vector<std::string> kSounds = {"mp3", "wav"};

TEST(Pictures, OfEveryFormatAreKnownWithTheirSize) {
  const std::vector<std::pair<int, int>> sizes = {{1, 1}, {299, 300}, {6000, 6001}, {640, 480}, {16383, 2}};
  for (const std::string& format : kPictures) {
    for (const auto& [width, height] : sizes) {
      MediaSpec spec;
      spec.format = format;
      spec.width = width;
      spec.height = height;
      EXPECT_EQ(Text(Probe(MakeMedia(spec))), absl::StrCat("KNOWN image ", format, " ", width, " x ", height));
    }
  }
}

TEST(Pictures, AreAsWideAsTheyAreShown) {
  for (const std::string format : {"jpeg", "tiff", "heic", "heif", "avif"}) {
    for (int turns = 0; turns < 4; ++turns) {
      MediaSpec spec;
      spec.format = format;
      spec.quarter_turns = turns;
      const std::string size = turns % 2 == 1 ? "480 x 640" : "640 x 480";
      EXPECT_EQ(Text(Probe(MakeMedia(spec))), absl::StrCat("KNOWN image ", format, " ", size)) << turns;
    }
  }
}

TEST(Movies, OfEveryLayoutAreKnownWithSizeDurationAndFrameRate) {
  for (const std::string& format : kMovies) {
    for (const MovieLayout layout : {MovieLayout::kFirst, MovieLayout::kLast, MovieLayout::kFragmented}) {
      for (const double rate : {23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0}) {
        for (const double seconds : {1.9, 2.0, 15.0, 15.1}) {
          MediaSpec spec;
          spec.format = format;
          spec.layout = layout;
          spec.frame_rate = rate;
          spec.seconds = seconds;
          const Findings findings = Probe(MakeMedia(spec));
          EXPECT_EQ(findings.state, Findings::State::kKnown) << Text(findings);
          EXPECT_EQ(findings.type, MediaType::kVideo);
          EXPECT_EQ(findings.info.container, format);
          EXPECT_EQ(findings.info.width, 640);
          EXPECT_EQ(findings.info.height, 480);
          EXPECT_NEAR(findings.info.frame_rate, rate, 1e-6);
          // A fragmented one has whole frames.
          const double exact = layout == MovieLayout::kFragmented ? 0.5 / rate : 0.001;
          EXPECT_NEAR(absl::ToDoubleSeconds(findings.info.duration), seconds, exact + 1e-6) << Text(findings);
        }
      }
    }
  }
}

TEST(Movies, AreAsWideAsTheyAreShown) {
  for (int turns = 0; turns < 4; ++turns) {
    MediaSpec spec;
    spec.format = "mp4";
    spec.quarter_turns = turns;
    const std::string size = turns % 2 == 1 ? "480 x 640" : "640 x 480";
    EXPECT_EQ(Text(Probe(MakeMedia(spec))), absl::StrCat("KNOWN video mp4 ", size, " 5s 24 fps")) << turns;
  }
}

TEST(Sounds, AreKnownWithTheirDuration) {
  for (const std::string& format : kSounds) {
    for (const bool variable : {false, true}) {
      for (const double seconds : {0.5, 1.9, 2.0, 15.0, 15.1}) {
        MediaSpec spec;
        spec.format = format;
        spec.seconds = seconds;
        spec.variable_rate = variable;
        const Findings findings = Probe(MakeMedia(spec));
        EXPECT_EQ(findings.state, Findings::State::kKnown) << Text(findings);
        EXPECT_EQ(findings.type, MediaType::kAudio);
        EXPECT_EQ(findings.info.container, format);
        const double exact = format == "mp3" ? 0.014 : 0.001;
        EXPECT_NEAR(absl::ToDoubleSeconds(findings.info.duration), seconds, exact) << Text(findings);
      }
    }
  }
}

TEST(Files, HaveExactlyTheSizeAskedFor) {
  for (const auto& formats : {kPictures, kMovies, kSounds}) {
    for (const std::string& format : formats) {
      for (const int64_t size : {70'000, 70'001, 1'000'000}) {
        MediaSpec spec;
        spec.format = format;
        spec.seconds = 3;
        spec.size_bytes = size;
        const std::string file = MakeMedia(spec);
        EXPECT_EQ(static_cast<int64_t>(file.size()), size) << format;
        EXPECT_EQ(ProbeIn(file, {}).state, Findings::State::kKnown) << format << ": " << Text(ProbeIn(file, {}));
      }
    }
  }
}

TEST(Files, OfOtherSeedsDiffer) {
  for (const auto& formats : {kPictures, kMovies, kSounds}) {
    for (const std::string& format : formats) {
      MediaSpec one;
      one.format = format;
      MediaSpec other = one;
      other.seed = 2;
      EXPECT_NE(MakeMedia(one), MakeMedia(other)) << format;
      EXPECT_EQ(MakeMedia(one), MakeMedia(one)) << format;
    }
  }
}

}  // namespace
}  // namespace seedance::media
