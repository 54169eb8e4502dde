#include <gmock/gmock.h>
#include <stdlib.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "tests/sandbox/sandbox_fixture.h"
#include "tests/testing/temp_dir.h"

namespace seedance::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FilesApiTest : public SandboxFixture {
 protected:
  std::string MakeResult(const std::string& prompt = "x") {
    const std::string id = MakeTask(prompt);
    Advance(100);
    return TextOf(TaskData(id), "result_url");
  }
};

TEST_F(FilesApiTest, AResultIsAPlayableVideo) {
  const HttpAnswer video = Fetch(MakeResult());
  ASSERT_EQ(video.status, 200);
  EXPECT_EQ(video.content_type, "video/mp4");
  if (system("command -v ffprobe >/dev/null") != 0) GTEST_SKIP() << "ffprobe is not installed";
  testing::TempDir dir;
  ASSERT_TRUE(testing::WriteFile(dir.File("video.mp4"), video.body));
  const std::string command =
      absl::StrCat("ffprobe -v error -count_packets -show_entries stream=codec_name,nb_read_packets -of csv=p=0 ",
                   dir.File("video.mp4"), " > ", dir.File("out"), " 2>&1");
  EXPECT_EQ(system(command.c_str()), 0);
  EXPECT_THAT(testing::ReadFile(dir.File("out")), StartsWith("h264,120\naac,"));
}

TEST_F(FilesApiTest, EachTaskHasItsOwnBytes) {
  const std::string first = MakeResult();
  const std::string second = MakeResult();
  const std::string sha = base::Sha256Hex(Fetch(first).body);
  EXPECT_EQ(sha, base::Sha256Hex(Fetch(first).body));
  EXPECT_NE(sha, base::Sha256Hex(Fetch(second).body));
}

TEST_F(FilesApiTest, LinksExpireAndCannotBeForged) {
  const std::string url = MakeResult();
  Advance(43198);
  EXPECT_EQ(Fetch(url).status, 200);
  EXPECT_EQ(Fetch(url + "0").status, 403);
  Advance(2);
  const HttpAnswer expired = Fetch(url);
  EXPECT_EQ(expired.status, 403);
  EXPECT_EQ(expired.content_type, "application/xml");
  EXPECT_THAT(expired.body, HasSubstr("<Message>Request has expired</Message>"));
  EXPECT_EQ(Fetch(url, "bytes=0-3").body, expired.body);
}

TEST_F(FilesApiTest, RangesAreServed) {
  const std::string url = MakeResult();
  const std::string whole = Fetch(url).body;
  const HttpAnswer middle = Fetch(url, "bytes=4-7");
  EXPECT_EQ(middle.status, 206);
  EXPECT_EQ(middle.body, "ftyp");
  EXPECT_EQ(middle.content_range, absl::StrCat("bytes 4-7/", whole.size()));
  EXPECT_EQ(Fetch(url, "bytes=100-").body, whole.substr(100));
  EXPECT_EQ(Fetch(url, "bytes=-10").body, whole.substr(whole.size() - 10));
  EXPECT_EQ(Fetch(url, "bytes=10-99999999").body, whole.substr(10));
  EXPECT_EQ(Fetch(url, "bytes=99999999-").status, 416);
}

TEST_F(FilesApiTest, TheLastFrameIsAnImageWhenAskedFor) {
  const HttpAnswer made = Post("/v1/video/generations", TaskBody("x", {}, {{"return_last_frame", true}}));
  Advance(100);
  const Json data = TaskData(TextOf(made.json(), "id"));
  const HttpAnswer frame = Fetch(TextOf(data["data"]["content"], "last_frame_url"));
  EXPECT_EQ(frame.content_type, "image/png");
  EXPECT_THAT(frame.body, StartsWith("\x89PNG"));
}

}  // namespace
}  // namespace seedance::sandbox
