#include <gmock/gmock.h>

#include "service/base/sha256.h"
#include "tests/sandbox/piapi/fixture.h"
#include "tests/testing/eventually.h"

namespace seedance::sandbox {
namespace {

class PiApiFetchTest : public PiApiFixture {
 protected:
  PiApiFetchTest() {
    RestartWith([](Options& options) { options.fetch_urls = true; });
  }

  std::string Upload(const std::string& url) {
    return TextOf(Call("POST", "/api/v1/asset/upload", {{"url", url}, {"asset_type", "Image"}}).json(), "asset_id");
  }
  // The asset at the control port, once it is settled.
  Json Settled(const std::string& id) {
    Advance(3);
    Json found;
    EXPECT_TRUE(testing::Eventually([&] {
      const Json assets = Control("GET", "/assets").json()["assets"];
      for (const Json& asset : assets) {
        if (asset["id"] == id) found = asset;
      }
      const std::string status = TextOf(found, "status");
      return status == "Active" || status == "Failed";
    }));
    return found;
  }

  Receiver files_;
};

TEST_F(PiApiFetchTest, TheBytesBehindAUrlAreRecorded) {
  files_.Serve("/a.png", "picture");
  const Json asset = Settled(Upload(files_.url("/a.png")));
  EXPECT_EQ(asset["status"], "Active");
  EXPECT_EQ(asset["size"], 7);
  EXPECT_EQ(asset["sha256"], base::Sha256Hex("picture"));
}

TEST_F(PiApiFetchTest, AUrlThatCannotBeFetchedMakesTheAssetFailed) {
  for (const std::string& url :
       {files_.url("/nothing.png"), std::string("http://127.0.0.1:1/a.png"), std::string("http://no host/a.png")}) {
    const Json asset = Settled(Upload(url));
    EXPECT_EQ(asset["status"], "Failed") << url;
    EXPECT_EQ(asset["failure_code"], "DownloadFailed");
  }
}

TEST_F(PiApiFetchTest, StrictMediaLooksAtTheFetchedBytes) {
  RestartWith([](Options& options) { options.fetch_urls = options.strict_media = true; });
  files_.Serve("/a.png", "no picture");
  EXPECT_EQ(Settled(Upload(files_.url("/a.png")))["failure_code"], "FormatUnsupported");
}

TEST_F(PiApiFetchTest, AnyFastFetchesToo) {
  files_.Serve("/a.png", "picture");
  const Json body = {{"GroupId", MakeGroup()}, {"Name", "a"}, {"AssetType", "Image"}, {"URL", files_.url("/a.png")}};
  const Json asset = Settled(TextOf(Post("/volc/asset/CreateAsset", body).json(), "Id"));
  EXPECT_EQ(asset["status"], "Active");
  EXPECT_EQ(asset["sha256"], base::Sha256Hex("picture"));
}

TEST_F(PiApiFetchTest, AFileGivenToTheVendorCanBeAnAsset) {
  const HttpAnswer made =
      Call("POST", "/api/ephemeral_resource", {{"file_name", "a.png"}, {"file_data", "cGljdHVyZQ=="}});
  EXPECT_EQ(Settled(Upload(TextOf(made.json()["data"], "url")))["sha256"], base::Sha256Hex("picture"));
}

}  // namespace
}  // namespace seedance::sandbox
