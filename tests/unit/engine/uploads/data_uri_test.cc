#include "service/engine/uploads/data_uri.h"

#include <gtest/gtest.h>

#include "service/engine/uploads/file_format.h"

namespace seedance::engine {
namespace {

using model::MediaType;

TEST(DataUriTest, TheWordAndTheBytesAreRead) {
  const std::optional<DataUri> png = ParseDataUri("data:image/png;base64,AAEC");
  ASSERT_TRUE(png.has_value());
  EXPECT_EQ(png->said, MediaType::kImage);
  EXPECT_FALSE(png->bare);
  EXPECT_EQ(png->bytes, std::string("\0\1\2", 3));
  EXPECT_EQ(ParseDataUri("DATA:Audio/MPEG;BASE64,AAEC")->said, MediaType::kAudio);
  EXPECT_EQ(ParseDataUri("data:application/octet-stream;base64,AAEC")->said, MediaType::kUnspecified);
}

TEST(DataUriTest, BareBase64IsTakenForAPicture) {
  const std::optional<DataUri> bare = ParseDataUri("AAECAw==");
  ASSERT_TRUE(bare.has_value());
  EXPECT_TRUE(bare->bare);
  EXPECT_EQ(bare->said, MediaType::kImage);
  EXPECT_EQ(bare->bytes.size(), 4u);
  EXPECT_EQ(ParseDataUri("AAECAw")->bytes.size(), 4u) << "padding may be left out";
}

TEST(DataUriTest, BrokenOnesAreNone) {
  for (const char* broken : {"", "=", "A", "AAAAA", "AA=A", "AAA==", "AA EC", "AA\nEC", "AA-_", "data:image/png,AAEC",
                             "data:image/png;base64", "data:image/png;base64,", "data:image/png;base64,A*EC"}) {
    EXPECT_FALSE(ParseDataUri(broken).has_value()) << broken;
  }
}

TEST(DataUriTest, UrlsAreToldFromData) {
  EXPECT_TRUE(IsUrl("https://a/b"));
  EXPECT_TRUE(IsUrl("HTTP://a/b"));
  EXPECT_FALSE(IsUrl("data:image/png;base64,AAEC"));
  EXPECT_FALSE(IsUrl("httpsAAEC"));
  EXPECT_TRUE(IsPlainHttp("http://a"));
  EXPECT_FALSE(IsPlainHttp("https://a"));
  EXPECT_EQ(MediaTypeOfUrl("https://a/b.MOV?x=.png#c"), MediaType::kVideo);
  EXPECT_EQ(MediaTypeOfUrl("https://a.png/b"), MediaType::kUnspecified);
}

TEST(FileFormatTest, ContainersHaveSuffixesAndSuffixesHaveContentTypes) {
  EXPECT_EQ(SuffixOf("jpeg"), ".jpg");
  EXPECT_EQ(SuffixOf("mp4"), ".mp4");
  EXPECT_EQ(SuffixOf(""), "");
  EXPECT_EQ(ContentTypeOf("a/b.c/upload.jpg"), "image/jpeg");
  EXPECT_EQ(ContentTypeOf("x.mov"), "video/quicktime");
  EXPECT_EQ(ContentTypeOf("x.exe"), "application/octet-stream");
  EXPECT_EQ(ContentTypeOf("x"), "application/octet-stream");
}

}  // namespace
}  // namespace seedance::engine
