// URLs whose files are checked first.

#include "service/base/sha256.h"
#include "tests/unit/engine/assets/creation_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::MediaType;
using ::testing::Contains;
using ::testing::ElementsAre;

constexpr char kFileUrl[] = "https://example.com/file";

class AssetUrlTest : public CreationTest {
 protected:
  engine::CreateAssetParams Checked() {
    engine::CreateAssetParams params = Text(OldGroup(), kFileUrl);
    params.validate_media = true;
    params.request_id = kRequestId;
    return params;
  }
};

TEST_F(AssetUrlTest, TheFileSaysWhatItIsAndTheVendorGetsTheUrl) {
  fetcher_->SetFile(kFileUrl, Png());
  Start();
  const absl::StatusOr<model::Asset> asset = CreateAsset(Checked());
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->media_type, MediaType::kImage);
  EXPECT_EQ(asset->media_info.width, 640);
  EXPECT_EQ(asset->media_info.size_bytes, std::ssize(Png()));
  EXPECT_EQ(asset->media_info.sha256, "") << "only headers were read";
  EXPECT_LT(fetcher_->bytes_read(), std::ssize(Png()));
  EXPECT_EQ(vendor_.last_asset().uri, kFileUrl);
  EXPECT_EQ(asset->source_uri, kFileUrl);
}

TEST_F(AssetUrlTest, AFileThatBreaksALimitIsNotSent) {
  vendor_.profile().assets.image.max_side = 600;
  vendor_.profile().assets.image.max_bytes = 1000;
  fetcher_->SetFile(kFileUrl, Png());
  Start();
  engine::CreateAssetParams params = Checked();
  params.violations = {{"request_id", "must be a UUID"}};
  const absl::Status status = CreateAsset(params).status();
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidInput);
  const std::vector<std::string> fields = FieldsOf(status);
  EXPECT_EQ(fields[0], "request_id");
  EXPECT_GE(std::count(fields.begin(), fields.end(), "uri"), 2) << status;
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
  EXPECT_FALSE(store_->GetEntry({kTenant, "CreateAsset", kRequestId})->has_value());
}

TEST_F(AssetUrlTest, AFileThatIsTooLongIsSeenWithoutReadingAllOfIt) {
  vendor_.profile().assets.image.max_bytes = vendor_.profile().assets.video.max_bytes = 100'000;
  vendor_.profile().assets.audio.max_bytes = 100'000;
  fetcher_->SetFile(kFileUrl, Png(std::string(5 << 20, 'x')));
  Start();
  engine::CreateAssetParams params = Checked();
  EXPECT_THAT(FieldsOf(CreateAsset(params).status()), ElementsAre("uri"));
  params.reuse_content = true;
  EXPECT_THAT(FieldsOf(CreateAsset(params).status()), ElementsAre("uri"));
  EXPECT_LT(fetcher_->bytes_read(), 200'000);
}

TEST_F(AssetUrlTest, AFileThatCannotBeFetchedIsAViolation) {
  Start();
  const absl::Status status = CreateAsset(Checked()).status();
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidInput);
  EXPECT_THAT(FieldsOf(status), ElementsAre("uri"));
  EXPECT_NE(base::GetErrorDetail(status).violations[0].description.find("404"), std::string::npos);
}

TEST_F(AssetUrlTest, ACallerThatWentAwayIsNoViolation) {
  Start();
  fetcher_->AnswerWith(Failure(Reason::kCancelled, "gone"));
  EXPECT_EQ(ReasonOf(CreateAsset(Checked())), Reason::kCancelled);
  fetcher_->AnswerWith(Failure(Reason::kDeadlineExceeded, "late"));
  EXPECT_EQ(ReasonOf(CreateAsset(Checked())), Reason::kDeadlineExceeded);
}

TEST_F(AssetUrlTest, ARequestThatHasItsAnswerReadsNothingAgain) {
  fetcher_->SetFile(kFileUrl, Png());
  Start();
  const absl::StatusOr<model::Asset> asset = CreateAsset(Checked());
  ASSERT_TRUE(asset.ok());
  Restart();
  EXPECT_EQ(CreateAsset(Checked())->handle, asset->handle);
  EXPECT_EQ(fetcher_->reads(), 1);
  engine::CreateAssetParams unchecked = Checked();
  unchecked.validate_media = false;
  unchecked.media_type = MediaType::kUnspecified;
  unchecked.uri = kFileUrl;
  EXPECT_EQ(ReasonOf(CreateAsset(unchecked)), Reason::kInvalidInput) << "its type cannot be seen without reading";
}

TEST_F(AssetUrlTest, FlagsArePartOfTheRequest) {
  const std::string url = "https://example.com/hero.png";
  fetcher_->SetFile(url, Png());
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  ASSERT_TRUE(CreateAsset(params).ok());
  params.validate_media = true;
  absl::Status status = CreateAsset(params).status();
  EXPECT_EQ(ReasonOf(status), Reason::kRequestIdReused);
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "validate_media");
  params.request_id = Uuid(1);
  params.display_name = "other";
  ASSERT_TRUE(CreateAsset(params).ok());
  params.validate_media = false;
  status = CreateAsset(params).status();
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "validate_media");
}

TEST_F(AssetUrlTest, ValidationAloneReadsTheFile) {
  vendor_.profile().assets.image.max_side = 600;
  fetcher_->SetFile(kFileUrl, Png());
  Start();
  engine::CreateAssetParams params = Checked();
  params.validate_only = true;
  EXPECT_THAT(FieldsOf(CreateAsset(params).status()), Contains("uri"));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(AssetUrlTest, ATakenNameIsToldBeforeTheFileIsRead) {
  fetcher_->SetFile(kFileUrl, Png());
  Start();
  ASSERT_TRUE(CreateAsset(GoodAsset(OldGroup(), "hero")).ok());
  EXPECT_EQ(ReasonOf(CreateAsset(Checked())), Reason::kDisplayNameTaken);
  EXPECT_EQ(fetcher_->reads(), 0);
}

TEST_F(AssetUrlTest, ForReuseTheWholeFileIsReadAndHashed) {
  fetcher_->SetFile(kFileUrl, Png());
  Start();
  engine::CreateAssetParams params = Checked();
  params.reuse_content = true;
  const absl::StatusOr<model::Asset> asset = CreateAsset(params);
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->media_info.sha256, base::Sha256Hex(Png()));
  EXPECT_EQ(fetcher_->bytes_read(), std::ssize(Png()));
}

}  // namespace
}  // namespace seedance::testing
