#include "service/model/asset.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "seedance/gateway/v1/asset.pb.h"
#include "service/model/journal_entry.h"
#include "service/model/profile.h"

namespace seedance::model {
namespace {

namespace v1 = seedance::gateway::v1;
using namespace std::string_view_literals;

TEST(AssetState, NamesAndNumbersAreThoseOfTheProto) {
  const auto* proto = v1::Asset::State_descriptor();
  ASSERT_EQ(proto->value_count(), 5);
  EXPECT_EQ(AssetStateName(AssetState::kUnspecified), "UNSPECIFIED");
  for (int i = 1; i < proto->value_count(); ++i) {
    EXPECT_EQ(proto->FindValueByNumber(i)->name(), "STATE_" + std::string(AssetStateName(static_cast<AssetState>(i))));
  }
}

TEST(AssetState, ProcessingIsNotSettled) {
  EXPECT_FALSE(IsSettled(AssetState::kUnspecified));
  EXPECT_FALSE(IsSettled(AssetState::kProcessing));
  EXPECT_TRUE(IsSettled(AssetState::kActive));
  EXPECT_TRUE(IsSettled(AssetState::kFailed));
  EXPECT_TRUE(IsSettled(AssetState::kExpired));
}

TEST(MediaType, NumbersAreThoseOfTheProto) {
  EXPECT_EQ(static_cast<int>(MediaType::kImage), v1::MEDIA_TYPE_IMAGE);
  EXPECT_EQ(static_cast<int>(MediaType::kVideo), v1::MEDIA_TYPE_VIDEO);
  EXPECT_EQ(static_cast<int>(MediaType::kAudio), v1::MEDIA_TYPE_AUDIO);
}

TEST(MediaType, SuffixOfAFileNameDecides) {
  const std::pair<const char*, MediaType> cases[] = {
      {"cat.png", MediaType::kImage},
      {"CAT.JPEG", MediaType::kImage},
      {"a.b.c.heic", MediaType::kImage},
      {"x.tiff", MediaType::kImage},
      {".webp", MediaType::kImage},
      {"clip.MP4", MediaType::kVideo},
      {"clip.mov", MediaType::kVideo},
      {"song.mp3", MediaType::kAudio},
      {"song.WaV", MediaType::kAudio},
      {"", MediaType::kUnspecified},
      {"png", MediaType::kUnspecified},
      {"cat.", MediaType::kUnspecified},
      {"cat.png.exe", MediaType::kUnspecified},
      {"cat.pn", MediaType::kUnspecified},
      {"cat.png ", MediaType::kUnspecified},
  };
  for (const auto& [name, type] : cases) EXPECT_EQ(MediaTypeOfFileName(name), type) << name;
}

TEST(MediaType, FirstPartOfAMimeTypeDecides) {
  EXPECT_EQ(MediaTypeOfMime("image/png"), MediaType::kImage);
  EXPECT_EQ(MediaTypeOfMime("Image/HEIC; q=1"), MediaType::kImage);
  EXPECT_EQ(MediaTypeOfMime("video/quicktime"), MediaType::kVideo);
  EXPECT_EQ(MediaTypeOfMime("audio/mpeg"), MediaType::kAudio);
  for (const char* wrong : {"", "image", "text/plain", "application/image/png", "videos/mp4", " image/png"}) {
    EXPECT_EQ(MediaTypeOfMime(wrong), MediaType::kUnspecified) << wrong;
  }
}

TEST(AssetProfile, EachTypeHasItsLimit) {
  AssetProfile profile;
  profile.image.max_bytes = 1;
  profile.video.max_bytes = 4;
  profile.audio.max_bytes = 3;
  EXPECT_EQ(profile.MaxBytes(MediaType::kImage), 1);
  EXPECT_EQ(profile.MaxBytes(MediaType::kVideo), 4);
  EXPECT_EQ(profile.MaxBytes(MediaType::kAudio), 3);
  EXPECT_EQ(profile.MaxBytes(MediaType::kUnspecified), 4);
}

TEST(FirstDifference, NamesTheFirstFieldThatDiffers) {
  const Fingerprint base = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  EXPECT_EQ(FirstDifference(base, base), "");
  EXPECT_EQ(FirstDifference({}, {}), "");
  EXPECT_EQ(FirstDifference(base, {{"a", "1"}, {"b", "x"}, {"c", "y"}}), "b");
  EXPECT_EQ(FirstDifference(base, {{"a", "1"}, {"b", "2"}}), "c");
  EXPECT_EQ(FirstDifference({{"a", "1"}, {"b", "2"}}, base), "c");
  EXPECT_EQ(FirstDifference(base, {}), "a");
  EXPECT_EQ(FirstDifference({{"a", "1"}}, {{"b", "1"}}), "a") << "the left one's name";
}

TEST(FirstDifference, AFieldThatOnlyTheRightOneHasIsNamedThoughItShiftsTheRest) {
  const Fingerprint base = {{"a", "1"}, {"c", "3"}, {"d", "4"}};
  EXPECT_EQ(FirstDifference(base, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}), "b");
  EXPECT_EQ(FirstDifference({{"a", "1"}, {"b", "2"}, {"c", "3"}}, {{"a", "1"}, {"c", "3"}}), "b");
}

}  // namespace
}  // namespace seedance::model
