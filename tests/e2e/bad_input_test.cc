// Every bad input is refused with the field and the rule before it costs anything.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using client::FieldViolation;
using grpc::StatusCode;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kMegabyte = int64_t{1} << 20;

// What a bad request must be answered with.
struct Expected {
  StatusCode code = StatusCode::INVALID_ARGUMENT;
  std::string reason = "INVALID_INPUT";
  std::string field = "";  // Empty: no violation is expected.
  std::string rule = "";   // Part of the violation's text, or of the message where there is no violation.
};

class BadInputTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.tenants = {{"alpha", {"alpha-token"}}, {"beta", {"beta-token"}}};
    StartGateway(options);
    group_ = NewGroup();
    hero_ = ActiveMedia(group_, "hero.png").name();
    music_ = ActiveMedia(group_, "music.mp3").name();
  }

  // Runs `call`, compares its error and the vendor's bill.
  template <typename Call>
  void ExpectRefused(const std::string& what, const Expected& expected, Call call) {
    SCOPED_TRACE(what);
    const testing::SandboxRequests requests = Must(sandbox().Requests());
    const int64_t bills = AllBills();
    const auto answer = call();
    const client::ErrorDetails error = answer.error();
    EXPECT_EQ(answer.status.error_code(), expected.code) << answer.status.error_message();
    EXPECT_EQ(error.reason, expected.reason);
    EXPECT_EQ(error.domain, "seedance-gateway");
    if (expected.field.empty()) {
      EXPECT_THAT(answer.status.error_message(), HasSubstr(expected.rule));
    } else {
      EXPECT_THAT(error.violations, Contains(AllOf(Field(&FieldViolation::field, expected.field),
                                                   Field(&FieldViolation::description, HasSubstr(expected.rule)))))
          << answer.status.error_message()
          << (error.violations.empty() ? "" : error.violations[0].field + ": " + error.violations[0].description);
    }
    EXPECT_EQ(AllBills(), bills);
    EXPECT_EQ(Must(sandbox().Requests()).Count(kSubmitRoute), requests.Count(kSubmitRoute));
  }

  void ExpectTaskRefused(const std::string& what, const Expected& expected, const v1::GenerationTask& task) {
    ExpectRefused(what, expected, [&] { return api().CreateTask(task, NextRequestId()); });
  }

  v1::UploadAssetRequest::Metadata FileOf(const std::string& group, const std::string& display_name) {
    v1::UploadAssetRequest::Metadata metadata;
    metadata.mutable_asset()->set_asset_group(group);
    metadata.mutable_asset()->set_display_name(display_name);
    metadata.set_file_name("clip.mp4");
    return metadata;
  }

  // An upload of `size` zero bytes.
  static NextChunk Zeros(int64_t size) {
    return [left = size]() mutable {
      std::string chunk(static_cast<size_t>(std::min<int64_t>(left, 256 << 10)), '\0');
      left -= static_cast<int64_t>(chunk.size());
      return chunk;
    };
  }

  std::string group_;
  std::string hero_;
  std::string music_;
};

TEST_F(BadInputTest, GroupsAndAssets) {
  ExpectRefused("group without a name", {.field = "asset_group.display_name", .rule = "is required"},
                [&] { return api().CreateGroup("", NextRequestId()); });
  ExpectRefused("request id that is no UUID", {.field = "request_id", .rule = "UUID"},
                [&] { return api().CreateGroup("group", "7"); });

  v1::CreateAssetRequest asset;
  asset.set_inline_data(Media("hero.png"));
  asset.mutable_asset()->set_display_name("villain");
  asset.mutable_asset()->set_asset_group("assetGroups/anyfast~group-20260101000000-zzzzz");
  ExpectRefused("group that does not exist",
                {.code = StatusCode::NOT_FOUND, .reason = "RESOURCE_NOT_FOUND", .rule = "group-20260101000000-zzzzz"},
                [&] { return api().CreateAsset(asset); });
  asset.mutable_asset()->set_asset_group("groups/7");
  ExpectRefused("name that is no group's", {.field = "asset.asset_group", .rule = "assetGroups/"},
                [&] { return api().CreateAsset(asset); });
  asset.mutable_asset()->set_asset_group(group_);
  asset.mutable_asset()->clear_display_name();
  ExpectRefused("asset without a name", {.field = "asset.display_name", .rule = "is required"},
                [&] { return api().CreateAsset(asset); });
  asset.mutable_asset()->set_display_name("hero.png");
  ExpectRefused("name that is taken",
                {.code = StatusCode::ALREADY_EXISTS, .reason = "DISPLAY_NAME_TAKEN", .rule = "hero.png"},
                [&] { return api().CreateAsset(asset); });
  asset.mutable_asset()->set_display_name("villain");
  asset.set_uri("http://example.com/a.png");
  ExpectRefused("URL without TLS", {.field = "uri", .rule = "https"}, [&] { return api().CreateAsset(asset); });
}

TEST_F(BadInputTest, FilesThatAreTooLong) {
  v1::UploadAssetRequest::Metadata metadata = FileOf(group_, "declared");
  metadata.set_size_bytes(60 * kMegabyte);
  ExpectRefused("60 MB file of declared size", {.field = "metadata.size_bytes", .rule = "at most 52428800 bytes"},
                [&] { return api().Upload(metadata, Zeros(60 * kMegabyte)); });
  ExpectRefused("60 MB file of undeclared size",
                {.code = StatusCode::OUT_OF_RANGE,
                 .reason = "SIZE_OUT_OF_RANGE",
                 .field = "chunk",
                 .rule = "at most 52428800 bytes"},
                [&] {
                  // A file that is good until it is too long.
                  NextChunk zeros = Zeros(60 * kMegabyte);
                  bool first = true;
                  return api().Upload(FileOf(group_, "undeclared"),
                                      [&] { return std::exchange(first, false) ? Media("clip.mp4") : zeros(); });
                });
  metadata.set_size_bytes(1000);
  ExpectRefused("file longer than declared",
                {.code = StatusCode::OUT_OF_RANGE,
                 .reason = "SIZE_OUT_OF_RANGE",
                 .field = "metadata.size_bytes",
                 .rule = "is 1000"},
                [&] { return api().Upload(metadata, Zeros(2000)); });
  ExpectRefused("file shorter than declared",
                {.code = StatusCode::OUT_OF_RANGE,
                 .reason = "SIZE_OUT_OF_RANGE",
                 .field = "metadata.size_bytes",
                 .rule = "but 10 bytes came"},
                [&] { return api().Upload(metadata, Zeros(10)); });
  EXPECT_THAT(Must(sandbox().Assets()), ::testing::SizeIs(2)) << "hero and music only";
}

TEST_F(BadInputTest, TasksThatBreakARule) {
  v1::GenerationTask ten_images = TaskOf("a fox");
  for (int i = 0; i < 10; ++i) AddReference(ten_images, hero_);
  ExpectTaskRefused("10 images", {.field = "generation_task.references[9]", .rule = "at most 9"}, ten_images);

  v1::GenerationTask audio_alone = TaskOf("a fox");
  AddReference(audio_alone, music_);
  ExpectTaskRefused("audio alone", {.field = "generation_task.references", .rule = "only audio"}, audio_alone);

  v1::GenerationTask mixed = TaskOf("a fox");
  AddReference(mixed, hero_, v1::REFERENCE_ROLE_FIRST_FRAME);
  AddReference(mixed, hero_, v1::REFERENCE_ROLE_REFERENCE_IMAGE);
  ExpectTaskRefused("first frame mixed with references",
                    {.field = "generation_task.references[1].role", .rule = "cannot be combined"}, mixed);

  v1::GenerationTask wrong_role = TaskOf("a fox");
  AddReference(wrong_role, hero_, v1::REFERENCE_ROLE_REFERENCE_VIDEO);
  ExpectTaskRefused("role that does not fit", {.field = "generation_task.references[0].role", .rule = "type VIDEO"},
                    wrong_role);

  for (const int seconds : {3, 16}) {
    v1::GenerationTask task = TaskOf("a fox");
    task.mutable_duration()->set_seconds(seconds);
    ExpectTaskRefused(absl::StrCat("duration ", seconds), {.field = "generation_task.duration", .rule = "4 to 15 s"},
                      task);
  }
  v1::GenerationTask ratio = TaskOf("a fox");
  ratio.set_aspect_ratio("5:4");
  ExpectTaskRefused("unknown ratio", {.field = "generation_task.aspect_ratio", .rule = "16:9"}, ratio);

  v1::GenerationTask model = TaskOf("a fox");
  model.set_model("sora");
  ExpectTaskRefused("unknown model", {.field = "generation_task.model", .rule = "sora"}, model);

  ExpectTaskRefused("nothing to show", {.field = "generation_task.prompt", .rule = "is required"}, TaskOf(""));
}

TEST_F(BadInputTest, EveryBrokenRuleIsNamedAtOnce) {
  v1::GenerationTask task = TaskOf("a fox");
  task.mutable_duration()->set_seconds(3);
  task.set_aspect_ratio("5:4");
  task.set_resolution(v1::RESOLUTION_2K);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : api().CreateTask(task).error().violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("generation_task.duration", "generation_task.aspect_ratio",
                                                      "generation_task.resolution"));
}

TEST_F(BadInputTest, AssetThatIsNotActiveIsNotSent) {
  v1::GenerationTask task = TaskOf("a fox");
  AddReference(task, UploadMedia(group_, "hero.png", "not yet").name());
  const Expected not_ready = {
      .code = StatusCode::FAILED_PRECONDITION, .reason = "ASSET_NOT_READY", .rule = "must be ACTIVE"};
  ExpectTaskRefused("asset that is PROCESSING", not_ready, task);

  v1::GenerationTask failed = TaskOf("a fox");
  const std::string refused = UploadMedia(group_, "hero.png", "fail-FaceMismatch").name();
  Advance(absl::Seconds(5));
  const AssetStream stream = api().WatchAsset(refused);
  ASSERT_FALSE(stream.messages.empty());
  const v1::Asset asset = stream.messages.back().asset();
  EXPECT_EQ(asset.state(), v1::Asset::STATE_FAILED);
  EXPECT_EQ(asset.error().upstream_code(), "FaceMismatch");
  AddReference(failed, refused);
  ExpectTaskRefused("asset that is FAILED", not_ready, failed);
  client::ErrorDetails error = api().CreateTask(failed).error();
  EXPECT_EQ(error.resource_name, refused);
  EXPECT_EQ(error.metadata["field"], "generation_task.references[0].asset");
  EXPECT_EQ(error.metadata["state"], "FAILED");
}

TEST_F(BadInputTest, ForeignNamesDoNotExist) {
  const auto beta = NewApi("beta-token");
  const std::string task = NewTask("a fox");
  const Expected missing = {.code = StatusCode::NOT_FOUND, .reason = "RESOURCE_NOT_FOUND"};
  ExpectRefused("foreign group", missing, [&] { return beta->GetGroup(group_); });
  ExpectRefused("foreign asset", missing, [&] { return beta->GetAsset(hero_); });
  ExpectRefused("foreign task", missing, [&] { return beta->GetTask(task); });
  ExpectRefused("cancelling a foreign task", missing, [&] { return beta->CancelTask(task); });
  ExpectRefused("watching a foreign task", missing, [&] { return beta->WatchTask(task); });
  ExpectRefused("downloading a foreign result", missing, [&] { return beta->DownloadResult(task); });
  v1::GenerationTask with_asset = TaskOf("a fox");
  AddReference(with_asset, hero_);
  ExpectRefused("referring to a foreign asset", missing, [&] { return beta->CreateTask(with_asset); });
  ExpectRefused("uploading into a foreign group", missing,
                [&] { return beta->Upload(FileOf(group_, "intruder"), "bytes"); });
  // The same answer as for a name that nobody has.
  EXPECT_EQ(beta->GetTask(task).status.error_message().find("alpha"), std::string::npos);

  const Expected unknown_caller = {.code = StatusCode::UNAUTHENTICATED, .reason = "UNAUTHENTICATED"};
  ExpectRefused("no token", unknown_caller, [&] { return NewApi("")->GetGroup(group_); });
  ExpectRefused("wrong token", unknown_caller, [&] { return NewApi("gamma-token")->CreateGroup("group"); });
  EXPECT_THAT(Must(beta->ListAssets({})).assets(), IsEmpty());
}

}  // namespace
}  // namespace seedance::e2e
