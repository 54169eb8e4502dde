#include "service/engine/uploads/media_validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/media_files.h"

namespace seedance::engine {
namespace {

using model::MediaType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MediaValidatorTest : public ::testing::Test {
 protected:
  MediaValidator Judged(const std::string& bytes, MediaType given = MediaType::kUnspecified) {
    MediaValidator judge(profile_, {"chunk", "metadata.asset.media_type"}, given);
    for (const std::string& piece : testing::Split(bytes, 1000)) judge.Feed(piece);
    judge.Finish();
    return judge;
  }

  static std::vector<std::string> Fields(const MediaValidator& judge, int64_t size = 0) {
    std::vector<std::string> fields;
    for (const auto& violation : judge.Violations(size)) fields.push_back(violation.field);
    return fields;
  }

  model::AssetProfile profile_;
};

TEST_F(MediaValidatorTest, TheTypeIsThatOfTheBytesUnlessOneIsGiven) {
  EXPECT_EQ(Judged(testing::Png()).type(), MediaType::kImage);
  EXPECT_EQ(Judged(testing::Clip()).type(), MediaType::kVideo);
  EXPECT_EQ(Judged(testing::MediaFile("music.mp3")).type(), MediaType::kAudio);
  EXPECT_THAT(Fields(Judged(testing::Png(), MediaType::kImage)), IsEmpty());
  EXPECT_EQ(Judged(testing::Png()).info().width, 640);
  EXPECT_EQ(Judged(testing::Png()).info().container, "png");
}

TEST_F(MediaValidatorTest, AGivenTypeThatDoesNotFitIsNamedWithWhatTheBytesAre) {
  const MediaValidator judge = Judged(testing::Clip(), MediaType::kImage);
  EXPECT_THAT(Fields(judge), ElementsAre("metadata.asset.media_type"));
  EXPECT_THAT(judge.Violations(0)[0].description, HasSubstr("picture"));
  EXPECT_THAT(judge.Violations(0)[0].description, HasSubstr("video (mp4)"));
}

TEST_F(MediaValidatorTest, BytesThatAreNoMediaAreAViolation) {
  EXPECT_THAT(Fields(Judged(std::string(5000, 'x'))), ElementsAre("chunk"));
  EXPECT_THAT(Fields(Judged(testing::Png().substr(0, 12))), ElementsAre("chunk"));
}

TEST_F(MediaValidatorTest, EveryBrokenLimitIsNamed) {
  profile_.image.max_bytes = 100;
  profile_.image.max_side = 600;
  const MediaValidator judge = Judged(testing::Png());
  EXPECT_GE(judge.Violations(20'000).size(), 2u);
  EXPECT_GE(judge.Violations(0).size(), 1u) << "an unknown size breaks no rule";
}

TEST_F(MediaValidatorTest, TheLargestFileDependsOnTheTypeAsSoonAsItIsKnown) {
  profile_.image.max_bytes = 10;
  profile_.video.max_bytes = 30;
  profile_.audio.max_bytes = 20;
  MediaValidator judge(profile_, {"chunk", "t"}, MediaType::kUnspecified);
  EXPECT_EQ(judge.MaxBytes(), 30);
  judge.Assume(MediaType::kAudio);
  EXPECT_EQ(judge.MaxBytes(), 20);
  profile_.image.max_bytes = 0;
  EXPECT_EQ(MaxBytes(profile_, MediaType::kImage), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(MaxBytes(profile_, MediaType::kUnspecified), std::numeric_limits<int64_t>::max());
}

}  // namespace
}  // namespace seedance::engine
