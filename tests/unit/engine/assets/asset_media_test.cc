// What is looked for in the bytes of new assets before the vendor has them.

#include "service/base/sha256.h"
#include "tests/unit/engine/assets/creation_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::MediaType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AssetMediaTest : public CreationTest {
 protected:
  // A picture of 640 x 640 is too large on both accounts.
  void RefuseHero() {
    vendor_.profile().assets.image.max_side = 600;
    vendor_.profile().assets.image.max_bytes = 1000;
  }

  static std::string Says(const absl::Status& status) {
    std::string text;
    for (const auto& violation : base::GetErrorDetail(status).violations) {
      text += violation.field + ": " + violation.description + "\n";
    }
    return text;
  }
};

TEST_F(AssetMediaTest, WhatTheFileIsStandsInTheAsset) {
  Start();
  const absl::StatusOr<model::Asset> asset = CreateAsset(Inline(OldGroup(), Png()));
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->media_type, MediaType::kImage);
  EXPECT_EQ(asset->media_info.container, "png");
  EXPECT_EQ(asset->media_info.width, 640);
  EXPECT_EQ(asset->media_info.height, 640);
  EXPECT_EQ(asset->media_info.size_bytes, std::ssize(Png()));
  EXPECT_EQ(asset->media_info.sha256, base::Sha256Hex(Png()));
  EXPECT_EQ(asset->last_used_time, clock_.Now());
  EXPECT_EQ(asset->source_uri, "");
  EXPECT_EQ(store_->GetAsset(asset->handle)->media_info, asset->media_info);
}

TEST_F(AssetMediaTest, AStreamIsDescribedToo) {
  Start();
  const absl::StatusOr<model::Asset> asset = Upload(FileUpload(OldGroup(), "noname"), Split(Clip(), 3000));
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->media_type, MediaType::kVideo);
  EXPECT_EQ(vendor_.last_asset().media_type, MediaType::kVideo);
  EXPECT_EQ(asset->media_info.container, "mp4");
  EXPECT_GT(asset->media_info.duration, absl::ZeroDuration());
}

TEST_F(AssetMediaTest, EveryBrokenLimitIsToldTogetherWithTheOtherViolations) {
  RefuseHero();
  Start();
  engine::CreateAssetParams params = Inline(OldGroup(), Png());
  params.violations = {{"request_id", "must be a UUID"}};
  const absl::Status status = CreateAsset(params).status();
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidInput);
  const std::vector<std::string> fields = FieldsOf(status);
  EXPECT_EQ(fields[0], "request_id");
  EXPECT_GE(std::count(fields.begin(), fields.end(), "inline_data"), 2) << Says(status);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(AssetMediaTest, AGivenTypeThatDoesNotFitIsNamedWithTheRealOne) {
  Start();
  engine::CreateAssetParams params = Inline(OldGroup(), Png());
  params.media_type = MediaType::kAudio;
  const absl::Status status = CreateAsset(params).status();
  EXPECT_THAT(FieldsOf(status), ElementsAre("asset.media_type"));
  EXPECT_THAT(Says(status), HasSubstr("sound"));
  EXPECT_THAT(Says(status), HasSubstr("picture (png)"));
  engine::UploadAssetParams upload = FileUpload(OldGroup(), "hero.png");
  upload.media_type = MediaType::kVideo;
  EXPECT_THAT(FieldsOf(Upload(upload, {Png()}).status()), ElementsAre("metadata.asset.media_type"));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(AssetMediaTest, BytesOfNoKnownFormatAreRefused) {
  Start();
  EXPECT_THAT(FieldsOf(CreateAsset(Inline(OldGroup(), std::string(5000, 'x'))).status()), ElementsAre("inline_data"));
  EXPECT_THAT(FieldsOf(Upload(FileUpload(OldGroup(), "a.png"), {std::string(5000, 'x')}).status()),
              ElementsAre("chunk"));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(AssetMediaTest, ValidationAloneChecksBytesToo) {
  RefuseHero();
  Start();
  engine::CreateAssetParams params = Inline(OldGroup(), Png());
  params.validate_only = true;
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kInvalidInput);
  params.inline_data.clear();
  params.uri = DataUri("image/png", Png());
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kInvalidInput);
  params.uri = DataUri("video/mp4", Clip());
  const absl::StatusOr<model::Asset> draft = CreateAsset(params);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->media_type, MediaType::kVideo);
  EXPECT_EQ(draft->media_info.size_bytes, std::ssize(Clip()));
}

TEST_F(AssetMediaTest, AShortBadStreamMakesNoConnection) {
  vendor_.profile().assets.image.max_bytes = 10'000;
  Start();
  engine::UploadAssetParams params = FileUpload(OldGroup(), "hero.png");
  EXPECT_EQ(ReasonOf(Upload(params, Split(Png(), 1000))), Reason::kSizeOutOfRange);
  params.size_bytes = std::ssize(Png());
  EXPECT_EQ(ReasonOf(Upload(params, Split(Png(), 1000))), Reason::kInvalidInput) << "its length was said";
  vendor_.profile().assets.image.max_bytes = 0;
  vendor_.profile().assets.image.max_side = 600;
  Restart();
  EXPECT_EQ(ReasonOf(Upload(params, Split(Png(), 1000))), Reason::kInvalidInput);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
  EXPECT_FALSE(store_->GetEntry({kTenant, "UploadAsset", kRequestId})->has_value()) << "nothing was journalled";
}

// Its headers come last.
TEST_F(AssetMediaTest, TheVendorNeverHasTheWholeOfALongBadStream) {
  vendor_.profile().assets.video.max_duration = absl::Seconds(1);
  Start();
  std::string clip = Clip();
  const std::string padding = BigEndian((3 << 20) + 8) + "free" + std::string(3 << 20, '\0');
  clip.insert(32, padding);
  const engine::UploadAssetParams params = FileUpload(OldGroup(), "clip.mp4");
  const absl::Status status = Upload(params, Split(clip, 100'000)).status();
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidInput) << status;
  EXPECT_THAT(FieldsOf(status), ElementsAre("chunk"));
  EXPECT_TRUE(vendor_.uploads().empty());
  vendor_.profile().assets.video.max_duration = absl::ZeroDuration();
  Restart();
  EXPECT_TRUE(Upload(params, {Clip()}).ok()) << "the same request id may come again";
}

TEST_F(AssetMediaTest, ADataUriIsCheckedAndGoesToTheVendorAsItIs) {
  Start();
  const std::string uri = DataUri("image/png", Png());
  const absl::StatusOr<model::Asset> asset = CreateAsset(Text(OldGroup(), uri));
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(vendor_.last_asset().uri, uri);
  EXPECT_TRUE(vendor_.uploads().empty());
  EXPECT_EQ(asset->media_info.sha256, base::Sha256Hex(Png()));
  EXPECT_EQ(asset->media_info.width, 640);
  EXPECT_EQ(asset->source_uri, "") << "only URLs are kept";
}

TEST_F(AssetMediaTest, ADataUriThatSaysWhatItIsNotIsRefused) {
  Start();
  EXPECT_THAT(FieldsOf(CreateAsset(Text(OldGroup(), DataUri("video/mp4", Png()))).status()), ElementsAre("uri"));
  EXPECT_THAT(FieldsOf(CreateAsset(Text(OldGroup(), absl::Base64Escape(Clip()))).status()), ElementsAre("uri"))
      << "the vendor takes bare Base64 for a picture";
  engine::CreateAssetParams params = Text(OldGroup(), DataUri("image/png", Png()));
  params.media_type = MediaType::kVideo;
  EXPECT_THAT(FieldsOf(CreateAsset(params).status()), ElementsAre("asset.media_type"));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(AssetMediaTest, BrokenBase64IsAViolation) {
  Start();
  for (const char* uri : {"data:image/png;base64,AA*A", "iVBORw0KGgo=====", "data:image/png,AAAA"}) {
    EXPECT_THAT(FieldsOf(CreateAsset(Text(OldGroup(), uri)).status()), ElementsAre("uri")) << uri;
  }
}

TEST_F(AssetMediaTest, WhereTheVendorTakesNoTextItsBytesAreSent) {
  vendor_.profile().assets.data_uris = false;
  Start();
  ASSERT_TRUE(CreateAsset(Text(OldGroup(), absl::Base64Escape(Clip()))).ok());
  EXPECT_THAT(vendor_.uploads(), ElementsAre(Clip()));
  EXPECT_EQ(vendor_.last_asset().uri, "");
  EXPECT_EQ(vendor_.last_asset().file_name, "upload.mp4");
}

TEST_F(AssetMediaTest, AUrlIsKeptWithItsAssetAndNotReadUnlessAsked) {
  Start();
  const absl::StatusOr<model::Asset> asset = CreateAsset(GoodAsset(OldGroup(), "hero"));
  ASSERT_TRUE(asset.ok());
  EXPECT_EQ(store_->GetAsset(asset->handle)->source_uri, "https://example.com/hero.png");
  EXPECT_EQ(asset->media_info, model::MediaInfo{});
  EXPECT_EQ(fetcher_->reads(), 0);
}

TEST_F(AssetMediaTest, PlainHttpIsRefusedUnlessPrivateNetworksAreAllowed) {
  Start();
  engine::CreateAssetParams params = Text(OldGroup(), "http://example.com/hero.png");
  EXPECT_THAT(FieldsOf(CreateAsset(params).status()), ElementsAre("uri"));
  options_.asset_creation.media_fetch.allow_private_network = true;
  Restart();
  EXPECT_TRUE(CreateAsset(params).ok());
}

TEST_F(AssetMediaTest, AFullLibraryIsToldBeforeAnythingIsSent) {
  vendor_.profile().assets.library.max_assets = 1;
  Start();
  const model::UpstreamHandle group = OldGroup();
  const std::string first = CreateAsset(GoodAsset(group, "first"))->name();
  const absl::Status status = CreateAsset(GoodAsset(group, "second")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), Reason::kAssetLibraryFull);
  EXPECT_EQ(base::GetErrorDetail(status).metadata["least_recently_used"], first);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetMediaTest, TheVendorsOwnWordThatItsLibraryIsFullNamesCandidatesAndMayBeTriedAgain) {
  vendor_.profile().assets.library.max_assets = 10;
  Start();
  const model::UpstreamHandle group = OldGroup();
  const std::string first = CreateAsset(GoodAsset(group, "first"))->name();
  vendor_.create_asset.Answer(Refused(Reason::kAssetLibraryFull, "quota"));
  engine::CreateAssetParams params = GoodAsset(group, "second");
  params.request_id = kRequestId;
  const absl::Status status = CreateAsset(params).status();
  EXPECT_EQ(ReasonOf(status), Reason::kAssetLibraryFull);
  EXPECT_EQ(base::GetErrorDetail(status).metadata["least_recently_used"], first);
  EXPECT_TRUE(CreateAsset(params).ok());
}

TEST_F(AssetMediaTest, CreationBeginsTheIdleTime) {
  vendor_.profile().assets.library.idle_ttl = absl::Hours(24);
  Start();
  EXPECT_EQ(CreateAsset(GoodAsset(OldGroup(), "hero"))->expire_time, clock_.Now() + absl::Hours(24));
}

}  // namespace
}  // namespace seedance::testing
