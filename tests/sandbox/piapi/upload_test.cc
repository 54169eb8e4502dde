#include <gmock/gmock.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "service/base/sha256.h"
#include "tests/sandbox/piapi/fixture.h"

namespace seedance::sandbox {
namespace {

class PiApiUploadTest : public PiApiFixture {
 protected:
  HttpAnswer Upload(const Json& name, const Json& data) {
    return Call("POST", "/api/ephemeral_resource", {{"file_name", name}, {"file_data", data}});
  }
  static std::string UrlOf(const HttpAnswer& answer) { return TextOf(answer.json()["data"], "url"); }
};

TEST_F(PiApiUploadTest, AFileIsServedForADay) {
  const HttpAnswer made = Upload("cat.png", absl::Base64Escape("picture"));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.json()["code"], 200);
  EXPECT_EQ(made.json()["message"], "success");
  const std::string url = UrlOf(made);
  EXPECT_TRUE(absl::EndsWith(url, ".png"));
  Advance(24 * 3600 - 1);
  const HttpAnswer file = Fetch(url);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.body, "picture");
  EXPECT_EQ(file.content_type, "image/png");
  EXPECT_EQ(Fetch(url, "bytes=0-2").body, "pic");
  const Json shown = Control("GET", "/uploads").json()["uploads"][0];
  EXPECT_EQ(shown["size"], 7);
  EXPECT_EQ(shown["sha256"], base::Sha256Hex("picture"));
  Advance(1);
  EXPECT_EQ(Fetch(url).status, 404);
  EXPECT_EQ(Control("GET", "/uploads").json()["uploads"].size(), 0u);
}

TEST_F(PiApiUploadTest, ADataUriIsTakenToo) {
  const HttpAnswer made = Upload("a.mp3", "data:audio/mpeg;base64," + absl::Base64Escape("sound"));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(Fetch(UrlOf(made)).body, "sound");
}

TEST_F(PiApiUploadTest, TenMegabytesAreTakenAndNotOneByteMore) {
  std::string bytes(10 << 20, 'x');
  const HttpAnswer made = Upload("big.mp4", absl::Base64Escape(bytes));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(base::Sha256Hex(Fetch(UrlOf(made)).body), base::Sha256Hex(bytes));
  bytes += 'x';
  EXPECT_EQ(Upload("big.mp4", absl::Base64Escape(bytes)).status, 400);
}

TEST_F(PiApiUploadTest, BadParametersAreRefused) {
  const std::string data = absl::Base64Escape("x");
  EXPECT_EQ(Upload(std::string(124, 'a') + ".png", data).status, 200);
  for (const Json& name : std::vector<Json>{"", "png", ".png", "a.", "a.p/g", std::string(125, 'a') + ".png", 1}) {
    const HttpAnswer refused = Upload(name, data);
    EXPECT_EQ(refused.status, 400) << name;
    EXPECT_EQ(refused.body, R"({"code":400,"message":"Invalid request parameters"})");
  }
  for (const Json& bad : std::vector<Json>{"", "???", 1, Json()}) EXPECT_EQ(Upload("a.png", bad).status, 400) << bad;
}

TEST_F(PiApiUploadTest, ThePlanMayNotAllowIt) {
  RestartWith([](Options& options) { options.piapi.ephemeral_plan_ok = false; });
  const HttpAnswer refused = Upload("a.png", absl::Base64Escape("x"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.body, R"({"code":403,"message":"Insufficient plan level"})");
}

}  // namespace
}  // namespace seedance::sandbox
