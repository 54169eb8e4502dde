// One scenario, every vendor: the same RPCs with the same expectations. Only the name of the upstream differs.
#include <algorithm>
#include <string>

#include "service/base/sha256.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class DialectsTest : public E2eTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kFast, {"--fetch-urls"});
    StartGateway(DialectOptions(GetParam()));
    group_ = NewGroup("summer");
  }

  std::string upstream() const { return GetParam(); }

  v1::GenerationTask ThreeReferences() {
    v1::GenerationTask task = TaskOf("{hero} walks through @video1 to the sound of {beat}");
    AddReference(task, ActiveMedia(group_, "music.mp3").name());
    task.mutable_references(0)->set_label("beat");
    AddReference(task, ActiveMedia(group_, "clip.mp4").name());
    AddReference(task, ActiveMedia(group_, "hero.png").name());
    task.mutable_references(2)->set_label("hero");
    task.set_resolution(v1::RESOLUTION_720P);
    task.set_aspect_ratio("16:9");
    task.mutable_duration()->set_seconds(5);
    task.set_generate_audio(true);
    return task;
  }

  std::string group_;
};

TEST_P(DialectsTest, UploadedReferencesBecomeAVideo) {
  const v1::GenerationTask created = Must(api().CreateTask(ThreeReferences(), NextRequestId()));
  EXPECT_EQ(created.upstream(), upstream());
  const TaskStream stream = api().WatchTask(created.name());
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  const v1::GenerationTask done = stream.messages.back().generation_task();
  ASSERT_EQ(done.state(), State::STATE_SUCCEEDED) << done.ShortDebugString();
  ASSERT_THAT(done.references(), SizeIs(3));
  EXPECT_EQ(done.references(0).label(), "hero");
  EXPECT_EQ(done.references(1).role(), v1::REFERENCE_ROLE_REFERENCE_VIDEO);
  EXPECT_EQ(done.references(2).label(), "beat");
  const Download download = api().DownloadResult(done.name());
  ASSERT_TRUE(download.status.ok()) << download.status.error_message();
  EXPECT_EQ(download.bytes.substr(4, 4), "ftyp");
  EXPECT_EQ(Must(api().GetTask(done.name())).result().sha256(), base::Sha256Hex(download.bytes));
  EXPECT_EQ(Bills("CreateAsset"), 3);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

TEST_P(DialectsTest, TheVendorHasTheFilesByteForByte) {
  for (const std::string file : {"hero.png", "clip.mp4", "music.mp3"}) {
    const v1::Asset asset = ActiveMedia(group_, file);
    EXPECT_THAT(asset.name(), StartsWith("assets/" + upstream() + "~"));
    EXPECT_EQ(asset.asset_group(), group_);
    EXPECT_EQ(asset.display_name(), file);
    EXPECT_EQ(asset.media_info().sha256(), base::Sha256Hex(Media(file)));
    EXPECT_EQ(asset.media_info().size_bytes(), static_cast<int64_t>(Media(file).size()));
  }
  for (const testing::SandboxAsset& asset : Must(sandbox().Assets())) {
    const bool known = asset.sha256 == base::Sha256Hex(Media("hero.png")) ||
                       asset.sha256 == base::Sha256Hex(Media("clip.mp4")) ||
                       asset.sha256 == base::Sha256Hex(Media("music.mp3"));
    EXPECT_TRUE(known) << asset.name << " " << asset.sha256;
  }
}

TEST_P(DialectsTest, MediaFactsAreKnownBeforeTheVendorSaysAnything) {
  const v1::Asset clip = UploadMedia(group_, "clip.mp4");
  EXPECT_EQ(clip.media_info().container(), "mp4");
  EXPECT_EQ(clip.media_info().width(), 854);
  EXPECT_EQ(clip.media_info().height(), 480);
  EXPECT_EQ(clip.media_info().duration().seconds(), 3);
  EXPECT_DOUBLE_EQ(clip.media_info().frame_rate(), 24);
  const v1::Asset hero = UploadMedia(group_, "hero.png");
  EXPECT_EQ(hero.media_info().container(), "png");
  EXPECT_EQ(hero.media_info().width(), 640);
}

TEST_P(DialectsTest, GroupsAreListedRenamedAndDeletedWithTheirAssets) {
  const v1::Asset asset = ActiveMedia(group_, "hero.png");
  const auto groups = Must(api().ListGroups({}));
  ASSERT_THAT(groups.asset_groups(), SizeIs(1));
  EXPECT_EQ(groups.asset_groups(0).display_name(), "summer");
  EXPECT_EQ(Must(api().GetGroup(group_)).upstream(), upstream());
  v1::UpdateAssetGroupRequest update;
  update.mutable_asset_group()->set_name(group_);
  update.mutable_asset_group()->set_display_name("autumn");
  update.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(Must(api().UpdateGroup(update)).display_name(), "autumn");
  EXPECT_EQ(api().DeleteGroup(group_, false).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(api().DeleteGroup(group_, true).ok());
  EXPECT_EQ(api().GetAsset(asset.name()).status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(Must(sandbox().Assets()), IsEmpty()) << "the vendor's copy goes too";
}

TEST_P(DialectsTest, AssetsAreRenamedAndDeletedAtBothSides) {
  const v1::Asset asset = ActiveMedia(group_, "hero.png");
  v1::UpdateAssetRequest update;
  update.mutable_asset()->set_name(asset.name());
  update.mutable_asset()->set_display_name("hero, front");
  EXPECT_EQ(Must(api().UpdateAsset(update)).display_name(), "hero, front");
  EXPECT_EQ(Must(api().GetAsset(asset.name())).display_name(), "hero, front");
  EXPECT_TRUE(api().DeleteAsset(asset.name()).ok());
  EXPECT_EQ(api().DeleteAsset(asset.name()).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(Must(sandbox().Assets()), IsEmpty());
}

TEST_P(DialectsTest, FirstAndLastFrameMakeAVideo) {
  v1::GenerationTask task = TaskOf("the door opens");
  AddReference(task, ActiveMedia(group_, "hero.png", "last").name(), v1::REFERENCE_ROLE_LAST_FRAME);
  AddReference(task, ActiveMedia(group_, "hero.png", "first").name(), v1::REFERENCE_ROLE_FIRST_FRAME);
  const v1::GenerationTask done = WaitForEnd(Must(api().CreateTask(task)).name());
  EXPECT_EQ(done.state(), State::STATE_SUCCEEDED) << done.ShortDebugString();
  EXPECT_THAT(done.warnings(), ::testing::Not(::testing::Contains(HasSubstr("not mentioned"))));
}

TEST_P(DialectsTest, InlineDataUriAndUrlMakeAssetsToo) {
  v1::CreateAssetRequest request;
  request.mutable_asset()->set_asset_group(group_);
  request.mutable_asset()->set_display_name("inline");
  request.set_inline_data(Media("hero.png"));
  EXPECT_EQ(EndOfAsset(Must(api().CreateAsset(request)).name()).state(), v1::Asset::STATE_ACTIVE);
  request.mutable_asset()->set_display_name("data");
  request.set_uri("data:image/png;base64," + Base64(Media("hero.png")));
  const v1::Asset data = EndOfAsset(Must(api().CreateAsset(request)).name());
  EXPECT_EQ(data.state(), v1::Asset::STATE_ACTIVE);
  EXPECT_EQ(data.media_info().sha256(), base::Sha256Hex(Media("hero.png")));
}

TEST_P(DialectsTest, ModerationAndFailureHaveTheSameReasons) {
  const v1::GenerationTask blocked = WaitForEnd(NewTask("[moderation] x"));
  EXPECT_EQ(blocked.state(), State::STATE_FAILED);
  EXPECT_EQ(blocked.error().reason(), v1::ERROR_REASON_OUTPUT_MODERATION) << blocked.ShortDebugString();
  const v1::GenerationTask failed = WaitForEnd(NewTask("[fail] x"));
  EXPECT_EQ(failed.state(), State::STATE_FAILED);
  EXPECT_EQ(failed.error().reason(), v1::ERROR_REASON_UPSTREAM_FAILED) << failed.ShortDebugString();
  const auto refused = api().CreateTask(TaskOf("[input-moderation] x"));
  EXPECT_EQ(refused.error().reason, "INPUT_MODERATION") << refused.status.error_message();
  EXPECT_EQ(Bills("CreateTask"), 2);
}

TEST_P(DialectsTest, TheSameRequestIdIsOneCallAndOneBill) {
  const std::string id = NextRequestId();
  const std::string first = Must(api().CreateTask(TaskOf("a fox"), id)).name();
  EXPECT_EQ(Must(api().CreateTask(TaskOf("a fox"), id)).name(), first);
  const auto other = api().CreateTask(TaskOf("a bear"), id);
  EXPECT_EQ(other.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Bills("CreateTask"), 1);
  const std::string group_id = NextRequestId();
  EXPECT_EQ(Must(api().CreateGroup("g", group_id)).name(), Must(api().CreateGroup("g", group_id)).name());
}

TEST_P(DialectsTest, BadTaskIsRefusedWithEveryRuleAndNothingIsSent) {
  v1::GenerationTask task = TaskOf("{nobody} and @image3");
  task.mutable_duration()->set_seconds(99);
  task.set_aspect_ratio("17:4");
  const auto answer = api().CreateTask(task);
  ASSERT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  std::vector<std::string> fields;
  for (const auto& violation : answer.error().violations) fields.push_back(violation.field);
  std::sort(fields.begin(), fields.end());
  // Braces are text where no reference has a label.
  EXPECT_THAT(fields,
              ElementsAre("generation_task.aspect_ratio", "generation_task.duration", "generation_task.prompt"));
  EXPECT_EQ(Bills("CreateTask"), 0);
}

TEST_P(DialectsTest, ValidateOnlyShowsWhatWouldBeSentAndSendsNothing) {
  v1::CreateGenerationTaskRequest request;
  *request.mutable_generation_task() = ThreeReferences();
  request.set_validate_only(true);
  const v1::GenerationTask task = Must(api().CreateTask(request));
  EXPECT_THAT(task.name(), IsEmpty());
  EXPECT_EQ(task.upstream(), upstream());
  EXPECT_THAT(task.model(), ::testing::Not(IsEmpty()));
  EXPECT_THAT(task.normalized_prompt(), ::testing::Not(HasSubstr("{")));
  EXPECT_THAT(task.normalized_prompt(), ::testing::ContainsRegex("1.* walks through .*1 to the sound of .*1"));
  EXPECT_EQ(task.references(0).role(), v1::REFERENCE_ROLE_REFERENCE_IMAGE);
  EXPECT_EQ(Bills("CreateTask"), 0);
}

TEST_P(DialectsTest, ValidationOfGroupsAndAssetsSaysWhatTheVendorBills) {
  const bool billed = upstream() == "anyfast";
  v1::CreateAssetGroupRequest group;
  group.mutable_asset_group()->set_display_name("winter");
  group.set_validate_only(true);
  EXPECT_EQ(Must(api().CreateGroup(group)).billing_model(), billed ? "volc-asset" : "");
  v1::CreateAssetRequest clip;
  clip.mutable_asset()->set_asset_group(group_);
  clip.mutable_asset()->set_display_name("clip");
  clip.set_uri("https://example.com/clip.mp4");
  clip.set_validate_only(true);
  EXPECT_EQ(Must(api().CreateAsset(clip)).billing_model(), billed ? "volc-asset-video" : "");
  v1::BatchCreateAssetsRequest batch;
  *batch.add_requests() = clip;
  *batch.add_requests() = clip;
  batch.mutable_requests(1)->mutable_asset()->set_display_name("song");
  batch.mutable_requests(1)->set_uri("https://example.com/song.mp3");
  const v1::BatchCreateAssetsResponse results = Must(api().BatchCreateAssets(batch));
  EXPECT_EQ(results.results(0).asset().billing_model(), billed ? "volc-asset-video" : "");
  EXPECT_EQ(results.results(1).asset().billing_model(), billed ? "volc-asset-audio" : "");
  EXPECT_FALSE(results.results(0).asset().has_estimated_cost()) << "there is no price table";
  EXPECT_EQ(Bills("CreateAsset"), 0);
}

TEST_P(DialectsTest, TheLibraryIsSeenInOneLook) {
  const v1::Asset hero = ActiveMedia(group_, "hero.png");
  v1::GenerationTask task = TaskOf("@image1 waves");
  AddReference(task, hero.name());
  ASSERT_EQ(WaitForEnd(Must(api().CreateTask(task)).name()).state(), State::STATE_SUCCEEDED);
  const v1::Asset song = ActiveMedia(group_, "music.mp3");
  const v1::LibraryUsage usage = Must(api().LibraryUsage(upstream()));
  EXPECT_EQ(usage.upstream(), upstream());
  EXPECT_EQ(usage.max_assets(), upstream() == "anyfast" ? 0 : 200);
  EXPECT_EQ(usage.has_idle_ttl(), upstream() == "piapi");
  EXPECT_EQ(usage.used_places(), 2);
  EXPECT_EQ(usage.reserved_places(), 0);
  EXPECT_EQ(usage.own_assets(), 2);
  EXPECT_THAT(usage.used_last(), SizeIs(2));
  EXPECT_THAT(usage.lapse_next(), SizeIs(upstream() == "piapi" ? 2 : 0));
  EXPECT_FALSE(usage.nearly_full());
  EXPECT_EQ(api().LibraryUsage("nobody").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(DialectsTest, ARightsNoteIsKeptChangedAndReturned) {
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group_);
  metadata.mutable_asset()->set_display_name("hero");
  metadata.mutable_asset()->set_rights_note("release signed on 2026-11-01");
  metadata.set_file_name("hero.png");
  const v1::Asset hero = Must(api().Upload(metadata, Media("hero.png")));
  EXPECT_EQ(hero.rights_note(), "release signed on 2026-11-01");
  v1::UpdateAssetRequest update;
  update.mutable_asset()->set_name(hero.name());
  update.mutable_asset()->set_rights_note("withdrawn");
  EXPECT_EQ(Must(api().UpdateAsset(update)).rights_note(), "withdrawn");
  const v1::Asset read = Must(api().GetAsset(hero.name()));
  EXPECT_EQ(read.rights_note(), "withdrawn");
  EXPECT_EQ(read.display_name(), "hero");
}

class GroupTypesTest : public E2eTest {};

TEST_F(GroupTypesTest, AnOrdinaryKeyCannotMakeGroupsOfPersonsAndPaysNothing) {
  StartSandbox(Pace::kFast);
  StartGateway();
  v1::CreateAssetGroupRequest request;
  request.mutable_asset_group()->set_display_name("anna");
  request.mutable_asset_group()->set_group_type(v1::GROUP_TYPE_LIVENESS_FACE);
  const auto refused = api().CreateGroup(request);
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("GroupType must be one of"));
  EXPECT_EQ(AllBills(), 0);
}

TEST_F(GroupTypesTest, GroupsAndTheirAssetsAreListedByTypeAtBothSides) {
  StartSandbox(Pace::kFast, {"--liveness-groups"});
  StartGateway();
  v1::CreateAssetGroupRequest request;
  request.mutable_asset_group()->set_display_name("anna");
  request.mutable_asset_group()->set_group_type(v1::GROUP_TYPE_LIVENESS_FACE);
  const std::string anna = Must(api().CreateGroup(request)).name();
  const std::string plain = NewGroup("plain");
  const v1::Asset face = ActiveMedia(anna, "hero.png");
  EXPECT_EQ(Must(api().GetGroup(plain)).group_type(), v1::GROUP_TYPE_AIGC);
  for (const bool read_upstream : {false, true}) {
    v1::ListAssetGroupsRequest groups;
    groups.set_group_type(v1::GROUP_TYPE_LIVENESS_FACE);
    groups.set_read_upstream(read_upstream);
    const v1::ListAssetGroupsResponse listed = Must(api().ListGroups(groups));
    ASSERT_THAT(listed.asset_groups(), SizeIs(1));
    EXPECT_EQ(listed.asset_groups(0).name(), anna);
    v1::ListAssetsRequest assets;
    assets.set_group_type(v1::GROUP_TYPE_LIVENESS_FACE);
    assets.set_read_upstream(read_upstream);
    ASSERT_THAT(Must(api().ListAssets(assets)).assets(), SizeIs(1));
    EXPECT_EQ(Must(api().ListAssets(assets)).assets(0).name(), face.name());
    assets.set_group_type(v1::GROUP_TYPE_AIGC);
    EXPECT_THAT(Must(api().ListAssets(assets)).assets(), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Vendors, DialectsTest, ::testing::Values("anyfast", "piapi"),
                         [](const auto& vendor) { return vendor.param; });

}  // namespace
}  // namespace seedance::e2e
