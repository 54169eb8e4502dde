// Vendors that take nothing but URLs.

#include <filesystem>

#include "service/engine/uploads/staging_directory.h"
#include "tests/unit/engine/assets/creation_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::Pair;

class AssetStagingTest : public CreationTest {
 protected:
  ~AssetStagingTest() override {
    if (engine_ != nullptr) engine_->Stop(absl::ZeroDuration());
    engine_.reset();  // Before what it stages with.
  }

  void StartWithStaging() {
    std::filesystem::create_directory(dir_.File("staging"));
    engine::StagingDirectory::Options options;
    options.directory = dir_.File("staging");
    options.public_base_url = "https://gateway.example";
    staging_ = std::make_unique<engine::StagingDirectory>(options, clock_, random_);
    options_.asset_creation.staging = staging_.get();
    Start();
  }

  std::unique_ptr<engine::StagingDirectory> staging_;
};

TEST_F(AssetStagingTest, EveryKindOfBytesIsStagedOnceForOneCreate) {
  OnlyUrls(10 << 20);
  Start();
  const model::UpstreamHandle group = OldGroup();
  ASSERT_TRUE(CreateAsset(Inline(group, Png())).ok());
  EXPECT_EQ(vendor_.last_asset().uri, "https://staged.example/1");
  EXPECT_EQ(vendor_.last_asset().data, nullptr);
  engine::CreateAssetParams text = Text(group, DataUri("video/mp4", Clip()));
  text.display_name = "text";
  const absl::StatusOr<model::Asset> clip = CreateAsset(text);
  ASSERT_TRUE(clip.ok()) << clip.status();
  EXPECT_EQ(clip->source_uri, "") << "a staged URL dies";
  engine::UploadAssetParams upload = FileUpload(group, "hero.png");
  upload.display_name = "upload";
  const absl::StatusOr<model::Asset> uploaded = Upload(upload, Split(Png("upload"), 1000));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_EQ(uploaded->media_info.width, 640);
  EXPECT_THAT(vendor_.staged(),
              ElementsAre(Pair("upload.png", Png()), Pair("upload.mp4", Clip()), Pair("upload.png", Png("upload"))));
  EXPECT_TRUE(vendor_.uploads().empty());
  EXPECT_EQ(vendor_.create_asset.calls(), 3);
}

TEST_F(AssetStagingTest, AUrlIsNotStaged) {
  OnlyUrls(10 << 20);
  Start();
  ASSERT_TRUE(CreateAsset(GoodAsset(OldGroup(), "hero")).ok());
  EXPECT_EQ(vendor_.last_asset().uri, "https://example.com/hero.png");
  EXPECT_EQ(vendor_.stage_file.calls(), 0);
}

TEST_F(AssetStagingTest, FurtherTriesUseTheStagedFile) {
  OnlyUrls(10 << 20);
  Start();
  vendor_.create_asset.Answer(NotAccepted());
  Answer<model::Asset> answer;
  engine_->assets().Create(Caller(), Inline(OldGroup(), Png()), answer.done());
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Milliseconds(200));
    return answer.count() > 0;
  }));
  EXPECT_TRUE(answer.Wait().ok());
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
  EXPECT_EQ(vendor_.stage_file.calls(), 1);
}

TEST_F(AssetStagingTest, AFileThatCannotBeStagedCreatesNothingAndMayComeAgain) {
  OnlyUrls(10 << 20);
  Start();
  engine::CreateAssetParams params = Inline(OldGroup(), Png());
  params.request_id = kRequestId;
  vendor_.stage_file.Answer(Failure(Reason::kQuotaExceeded, "Insufficient plan level"));
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kQuotaExceeded);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
  EXPECT_TRUE(CreateAsset(params).ok());
}

TEST_F(AssetStagingTest, WhatIsTooLongForTheVendorsUploadIsRefusedBeforeItIsSent) {
  OnlyUrls(1000);
  Start();
  EXPECT_THAT(FieldsOf(CreateAsset(Inline(OldGroup(), Png())).status()), ElementsAre("inline_data"));
  EXPECT_THAT(FieldsOf(CreateAsset(Text(OldGroup(), DataUri("image/png", Png()))).status()), ElementsAre("uri"));
  engine::UploadAssetParams upload = FileUpload(OldGroup(), "hero.png");
  const absl::Status status = Upload(upload, {Png()}).status();
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidInput);
  EXPECT_THAT(FieldsOf(status), ElementsAre("chunk"));
  upload.size_bytes = std::ssize(Png());
  EXPECT_THAT(FieldsOf(Upload(upload, {Png()}).status()), ElementsAre("metadata.size_bytes"));
  EXPECT_EQ(vendor_.create_asset.calls() + vendor_.stage_file.calls(), 0);
}

TEST_F(AssetStagingTest, WithStagingTheGatewayServesIt) {
  OnlyUrls(1000);
  StartWithStaging();
  const absl::StatusOr<model::Asset> asset = Upload(FileUpload(OldGroup(), "hero.png"), Split(Png(), 1000));
  ASSERT_TRUE(asset.ok()) << asset.status();
  const std::string url = vendor_.last_asset().uri;
  ASSERT_TRUE(url.starts_with("https://gateway.example/staging/")) << url;
  const auto file = staging_->Find(url.substr(sizeof("https://gateway.example/staging/") - 1, 32));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->size, std::ssize(Png()));
  EXPECT_EQ(vendor_.stage_file.calls(), 0);
}

TEST_F(AssetStagingTest, AStreamThatBreaksOffLeavesNothing) {
  OnlyUrls(1000);
  StartWithStaging();
  const engine::UploadAssetParams params = FileUpload(OldGroup(), "hero.png");
  EXPECT_TRUE(absl::IsCancelled(Upload(params, {Png().substr(0, 9000)}, absl::CancelledError("gone")).status()));
  EXPECT_TRUE(std::filesystem::is_empty(dir_.File("staging")));
  EXPECT_EQ(staging_->used(), 0);
  EXPECT_FALSE(store_->GetEntry({kTenant, "UploadAsset", kRequestId})->has_value());
}

TEST_F(AssetStagingTest, ABadFileIsNeitherStagedNorSent) {
  OnlyUrls(1000);
  vendor_.profile().assets.image.max_side = 600;
  StartWithStaging();
  EXPECT_EQ(ReasonOf(Upload(FileUpload(OldGroup(), "hero.png"), {Png()})), Reason::kInvalidInput);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.File("staging")));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(AssetStagingTest, AFullDiskIsToldAndLeavesNothing) {
  OnlyUrls(10 << 20);
  options_.asset_creation.spool.max_total_bytes = 10'000;
  Start();
  const absl::Status status = Upload(FileUpload(OldGroup(), "hero.png"), Split(Png(), 1000)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::GetErrorDetail(status).quota_subject, "gateway:spool");
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

}  // namespace
}  // namespace seedance::testing
