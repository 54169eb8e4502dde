// What the gateway keeps of an asset for its owner, and says of its price, through a whole engine.
#include <gmock/gmock.h>

#include <string>

#include "service/engine/assets/asset_creation.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using model::MediaType;
using ::testing::ElementsAre;

class AssetRightsTest : public EngineTest {};

TEST_F(AssetRightsTest, ARightsNoteIsKeptAndNothingOfItIsSent) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.rights_note = "release signed by A. on 2026-11-01";
  const absl::StatusOr<model::Asset> asset = CreateAsset(params);
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->rights_note, params.rights_note);
  EXPECT_EQ(store_->GetAsset(asset->handle)->rights_note, params.rights_note);
  const upstream::NewAsset sent = vendor_.last_asset();
  for (const std::string& text : {sent.display_name, sent.uri, sent.file_name, sent.group_id}) {
    EXPECT_EQ(text.find("release"), std::string::npos) << text;
  }
}

TEST_F(AssetRightsTest, AnotherRightsNoteIsAnotherRequestAndTheJournalHoldsOnlyItsHash) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  params.rights_note = "release signed";
  ASSERT_TRUE(CreateAsset(params).ok());
  const auto row = store_->GetEntry({kTenant, "CreateAsset", kRequestId});
  for (const auto& [field, value] : (*row)->fingerprint) EXPECT_EQ(value.find("release"), std::string::npos) << field;
  params.rights_note = "another one";
  EXPECT_EQ(base::GetErrorDetail(CreateAsset(params).status()).metadata["field"], "asset.rights_note");
}

TEST_F(AssetRightsTest, TheConfigurationMayRequireARightsNoteOfAllOrOfOneTenant) {
  engine::Engine::Options options;
  options.asset_creation.require_rights_note = true;
  options.asset_creation.tenants_require_rights_note = {{kOther, false}};
  Start(options);
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  for (const char* blank : {"", " \n\t", "\u3000"}) {
    params.rights_note = blank;
    const absl::Status status = CreateAsset(params).status();
    EXPECT_THAT(FieldsOf(status), ElementsAre("asset.rights_note"));
    EXPECT_EQ(ReasonOf(status), base::Reason::kInvalidInput);
  }
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
  params.rights_note = "own work";
  EXPECT_TRUE(CreateAsset(params).ok());
  params.rights_note.clear();
  EXPECT_THAT(FieldsOf(CreateAsset(params, kOther).status()), ::testing::Not(::testing::Contains("asset.rights_note")));
}

TEST_F(AssetRightsTest, ValidationSaysWhatTheCreationCostsByTheMediaType) {
  vendor_.profile().assets.billing = {"group", "image", "video", "audio"};
  vendor_.profile().assets.price = model::AssetPrice{"USD", {{"image", 1}, {"video", 2}}};
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.validate_only = true;
  EXPECT_EQ(CreateAsset(params)->creation, (model::CallCost{"image", {"USD", 1'000'000}}));
  params.uri = "https://example.com/clip.mp4";
  params.media_type = MediaType::kVideo;
  EXPECT_EQ(CreateAsset(params)->creation, (model::CallCost{"video", {"USD", 2'000'000}}));
  params.uri = "https://example.com/song.mp3";
  params.media_type = MediaType::kAudio;
  EXPECT_EQ(CreateAsset(params)->creation, (model::CallCost{"audio", {}}));
}

}  // namespace
}  // namespace seedance::testing
