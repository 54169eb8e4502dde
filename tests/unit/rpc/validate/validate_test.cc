#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "service/base/error.h"
#include "service/rpc/validate/validate_asset.h"
#include "service/rpc/validate/validate_group.h"
#include "service/rpc/validate/validate_task.h"

// Every rule of the RPC layer with the exact path under which it is reported, and the good values beside the bad ones.
namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Paths = std::vector<std::string>;

template <typename Request>
Request Parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

Paths PathsOf(const std::vector<base::FieldViolation>& violations) {
  Paths paths;
  for (const auto& violation : violations) {
    EXPECT_FALSE(violation.description.empty());
    paths.push_back(violation.field);
  }
  return paths;
}

template <typename T>
Paths PathsOf(const absl::StatusOr<T>& result) {
  if (result.ok()) return {};
  EXPECT_EQ(base::GetReason(result.status()), base::Reason::kInvalidInput);
  return PathsOf(base::GetErrorDetail(result.status()).violations);
}

template <typename Request>
Paths Broken(const std::string& text) {
  const auto read = ReadRequest(Parse<Request>(text));
  if constexpr (requires { read.violations; }) {
    return PathsOf(read.violations);
  } else {
    return PathsOf(read);
  }
}

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// A request, as text, and the paths of the rules that it breaks.
struct Case {
  std::string request;
  Paths broken;
};

template <typename Request>
void Check(const std::vector<Case>& cases) {
  for (const Case& each : cases) EXPECT_EQ(Broken<Request>(each.request), each.broken) << each.request.substr(0, 200);
}

constexpr char kUuid[] = "123e4567-e89b-12d3-a456-426614174000";
const std::string kTaskName = std::string("generationTasks/") + kUuid;

TEST(Validate, CreateAssetGroup) {
  Check<v1::CreateAssetGroupRequest>({
      {"asset_group { display_name: 'x' }", {}},
      {"asset_group { display_name: '" + Repeat("图", 64) + "' description: '" + Repeat("é", 300) + "' }", {}},
      {"asset_group { display_name: '" + Repeat("图", 65) + "' }", {"asset_group.display_name"}},
      {"", {"asset_group.display_name"}},
      {"asset_group { display_name: 'a\\nb' }", {"asset_group.display_name"}},
      {"asset_group { display_name: 'a\\001b' }", {"asset_group.display_name"}},
      {"asset_group { display_name: 'a' description: 'two\\nlines' }", {}},
      {"asset_group { display_name: 'a' description: 'bell\\007' }", {"asset_group.description"}},
      {"asset_group { display_name: 'a' description: '" + Repeat("é", 301) + "' }", {"asset_group.description"}},
      {"asset_group { display_name: 'a' upstream: 'Any Fast' }", {"asset_group.upstream"}},
      {"asset_group { display_name: 'a' } request_id: '" + std::string(kUuid) + "'", {}},
      {"asset_group { display_name: 'a' } request_id: 'no-uuid'", {"request_id"}},
      {"asset_group { display_name: 'a' group_type: GROUP_TYPE_LIVENESS_FACE }", {}},
      {"asset_group { upstream: '-' } request_id: 'x'",
       {"asset_group.display_name", "asset_group.upstream", "request_id"}},
  });
}

TEST(Validate, GroupTypesAreReadAndUnknownOnesRefused) {
  v1::CreateAssetGroupRequest create =
      Parse<v1::CreateAssetGroupRequest>("asset_group { display_name: 'a' group_type: GROUP_TYPE_LIVENESS_FACE }");
  EXPECT_EQ(ReadRequest(create)->type, model::GroupType::kLivenessFace);
  create.mutable_asset_group()->set_group_type(static_cast<v1::GroupType>(3));
  EXPECT_THAT(PathsOf(ReadRequest(create)), ElementsAre("asset_group.group_type"));
  v1::ListAssetGroupsRequest list = Parse<v1::ListAssetGroupsRequest>("group_type: GROUP_TYPE_AIGC");
  EXPECT_EQ(ReadRequest(list)->type, model::GroupType::kAigc);
  list.set_group_type(static_cast<v1::GroupType>(-1));
  EXPECT_THAT(PathsOf(ReadRequest(list)), ElementsAre("group_type"));
}

TEST(Validate, AssetGroupReadsAndChanges) {
  Check<v1::GetAssetGroupRequest>({
      {"name: 'assetGroups/any~1'", {}},
      {"", {"name"}},
      {"name: 'assets/any~1'", {"name"}},
      {"name: 'assetGroups/any'", {"name"}},
  });
  Check<v1::ListAssetGroupsRequest>({
      {"", {}},
      {"page_size: 1000", {}},
      {"page_size: 5000", {}},
      {"page_size: -1", {"page_size"}},
      {"page_token: 'nonsense'", {"page_token"}},
      {"upstream: 'UPPER'", {"upstream"}},
      {"display_name_contains: '" + Repeat("x", 65) + "'", {"display_name_contains"}},
  });
  Check<v1::UpdateAssetGroupRequest>({
      {"asset_group { name: 'assetGroups/any~1' display_name: 'x' }", {}},
      {"asset_group { name: 'assetGroups/any~1' } update_mask { paths: 'description' }", {}},
      {"asset_group { name: 'assetGroups/any~1' } update_mask { paths: 'display_name' }", {"asset_group.display_name"}},
      {"asset_group { name: 'assetGroups/any~1' }", {"update_mask"}},
      {"asset_group { display_name: 'x' } update_mask { paths: 'display_name' paths: 'upstream' } request_id: '1'",
       {"asset_group.name", "update_mask.paths[1]", "request_id"}},
  });
  Check<v1::DeleteAssetGroupRequest>({
      {"name: 'assetGroups/any~1' force: true", {}},
      {"request_id: 'x'", {"name", "request_id"}},
  });
}

TEST(Validate, PageSizeHasADefaultAndACap) {
  EXPECT_EQ(ReadRequest(Parse<v1::ListAssetGroupsRequest>(""))->page_size, 50);
  EXPECT_EQ(ReadRequest(Parse<v1::ListAssetGroupsRequest>("page_size: 7"))->page_size, 7);
  EXPECT_EQ(ReadRequest(Parse<v1::ListAssetGroupsRequest>("page_size: 5000"))->page_size, 1000);
}

TEST(Validate, PageTokensAreBoundToTheOtherFieldsOfTheList) {
  auto request = Parse<v1::ListGenerationTasksRequest>("labels { key: 'a' value: '1' } labels { key: 'b' value: '2' }");
  request.set_page_token(model::EncodePageToken({1700, "id"}, PageFilter(request)));
  request.set_page_size(9);
  ASSERT_TRUE(ReadRequest(request).ok());
  EXPECT_EQ(ReadRequest(request)->after.id, "id");
  (*request.mutable_labels())["a"] = "2";
  EXPECT_THAT(PathsOf(ReadRequest(request)), ElementsAre("page_token"));
}

std::string CreateAsset(const std::string& rest) {
  return "asset { asset_group: 'assetGroups/any~1' display_name: 'x' } " + rest;
}

TEST(Validate, CreateAsset) {
  Check<v1::CreateAssetRequest>({
      {CreateAsset("uri: 'https://example.com/a.png'"), {}},
      {CreateAsset("uri: 'HTTPS://example.com/a.png'"), {}},
      {CreateAsset("uri: 'https://example.com/" + Repeat("a", 2028) + "'"), {}},
      {CreateAsset("uri: 'https://example.com/" + Repeat("a", 2029) + "'"), {"uri"}},
      // Whether plain http is allowed the engine says.
      {CreateAsset("uri: 'http://example.com/a.png'"), {}},
      {CreateAsset("uri: 'http://example.com/a b'"), {"uri"}},
      {CreateAsset("uri: 'ftp://example.com/a.png'"), {"uri"}},
      {CreateAsset("uri: 'https://'"), {"uri"}},
      {CreateAsset("uri: 'https://me:secret@example.com/a'"), {"uri"}},
      {CreateAsset("uri: 'https://me@example.com'"), {"uri"}},
      {CreateAsset("uri: 'http://me:secret@example.com/a'"), {"uri"}},
      {CreateAsset("uri: 'HTTPS://example.com\\\\@evil.example/a'"), {"uri"}},
      {CreateAsset("uri: 'https:///me:secret@example.com/a'"), {"uri"}},
      {CreateAsset("uri: 'https://?a'"), {"uri"}},
      {CreateAsset("uri: 'https://\\\\/me:secret@example.com/a'"), {"uri"}},
      {CreateAsset("uri: 'https://example.com\\\\me/a'"), {"uri"}},
      {CreateAsset("uri: 'https://example.com/a\\\\b'"), {}},
      {CreateAsset("uri: 'https://example.com/@me/a?b=c@d#@'"), {}},
      {CreateAsset("uri: 'https://example.com?me@b'"), {}},
      {CreateAsset("uri: 'https://example.com/a b'"), {"uri"}},
      {CreateAsset("uri: 'https://example.com/a\\nb'"), {"uri"}},
      {CreateAsset("uri: ''"), {"uri"}},
      {CreateAsset("uri: 'data:image/png;base64,aGVsbG8='"), {}},
      {CreateAsset("uri: 'data:image/png,hello'"), {"uri"}},
      {CreateAsset("uri: 'data:image/png;base64,a b c'"), {"uri"}},
      {CreateAsset("uri: 'data:image/png;base64,'"), {"uri"}},
      {CreateAsset("uri: 'data:image/png;base64," + Repeat("AAAA", 1 << 20) + "'"), {}},
      {CreateAsset("uri: 'data:image/png;base64," + Repeat("AAAA", (1 << 20) + 1) + "'"), {"uri"}},
      {CreateAsset("uri: 'aGVsbG8='"), {}},
      {CreateAsset("uri: 'not base64!'"), {"uri"}},
      {CreateAsset("uri: '" + Repeat("AAAA", (1 << 20) + 1) + "'"), {"uri"}},
      {CreateAsset("inline_data: 'x'"), {}},
      {CreateAsset("inline_data: ''"), {"inline_data"}},
      {CreateAsset("inline_data: '" + Repeat("xxxx", 3 << 18) + "'"), {}},
      {CreateAsset("inline_data: '" + Repeat("xxxx", 3 << 18) + "x'"), {"inline_data"}},
      {CreateAsset(""), {"source"}},
      {CreateAsset("uri: 'https://example.com/a' reuse_content: true validate_media: true"), {}},
      {CreateAsset("uri: 'https://example.com/a' reuse_content: true"), {"reuse_content"}},
      {CreateAsset("uri: 'aGVsbG8=' reuse_content: true"), {}},
      {CreateAsset("inline_data: 'x' reuse_content: true validate_media: true"), {}},
      {"inline_data: 'x' request_id: '1' asset { asset_group: 'any~1' display_name: '\\t' }",
       {"asset.asset_group", "asset.display_name", "request_id"}},
      {"", {"asset.asset_group", "asset.display_name", "source"}},
  });
  auto open_enum = Parse<v1::CreateAssetRequest>(CreateAsset("inline_data: 'x'"));
  open_enum.mutable_asset()->set_media_type(static_cast<v1::MediaType>(99));
  EXPECT_THAT(PathsOf(ReadRequest(open_enum).violations), ElementsAre("asset.media_type"));
}

TEST(Validate, BatchCreateAssets) {
  const std::string good = "requests { " + CreateAsset("inline_data: 'x' validate_media: true") + " } ";
  Check<v1::BatchCreateAssetsRequest>({
      {good, {}},
      {Repeat(good, 50), {}},
      {Repeat(good, 51), {"requests"}},
      {"", {"requests"}},
      {Repeat("requests { " + CreateAsset("inline_data: '" + Repeat("xxxx", 3 << 18) + "'") + " } ", 2), {"requests"}},
  });
  const auto read = ReadRequest(Parse<v1::BatchCreateAssetsRequest>(good + "requests { request_id: 'x' } "));
  ASSERT_TRUE(read.ok()) << "a bad request is its own affair";
  EXPECT_TRUE(read->at(0).violations.empty());
  EXPECT_TRUE(read->at(0).validate_media);
  EXPECT_FALSE(read->at(1).violations.empty());
}

TEST(Validate, UploadMetadata) {
  const auto broken = [](const std::string& text) {
    return PathsOf(ReadMetadata(Parse<v1::UploadAssetRequest::Metadata>(text)).violations);
  };
  const std::string good = "asset { asset_group: 'assetGroups/any~1' display_name: 'x' } ";
  EXPECT_THAT(broken(good + "file_name: 'a.png' size_bytes: 10"), IsEmpty());
  EXPECT_THAT(broken(good + "file_name: 'a/b.png'"), ElementsAre("metadata.file_name"));
  EXPECT_THAT(broken(good + "file_name: '" + Repeat("a", 256) + "'"), ElementsAre("metadata.file_name"));
  EXPECT_THAT(broken(good + "file_name: 'a\\nb'"), ElementsAre("metadata.file_name"));
  EXPECT_THAT(broken(good), ElementsAre("metadata.file_name"));
  EXPECT_THAT(broken(good + "file_name: 'a.png' size_bytes: -1 request_id: 'x'"),
              ElementsAre("metadata.size_bytes", "metadata.request_id"));
  EXPECT_THAT(broken("file_name: 'a'"), ElementsAre("metadata.asset.asset_group", "metadata.asset.display_name"));
  EXPECT_TRUE(ReadMetadata(Parse<v1::UploadAssetRequest::Metadata>("reuse_content: true")).reuse_content);
  EXPECT_EQ(ReadMetadata(Parse<v1::UploadAssetRequest::Metadata>("asset { rights_note: 'mine' }")).rights_note, "mine");
  EXPECT_EQ(ReadRequest(Parse<v1::CreateAssetRequest>("asset { rights_note: 'mine' }")).rights_note, "mine");
  v1::CreateAssetRequest long_note =
      Parse<v1::CreateAssetRequest>("asset { asset_group: 'assetGroups/any~1' display_name: 'x' } inline_data: 'x'");
  long_note.mutable_asset()->set_rights_note(Repeat("图", 1000));
  EXPECT_THAT(PathsOf(ReadRequest(long_note).violations), IsEmpty());
  long_note.mutable_asset()->set_rights_note(Repeat("图", 1001));
  EXPECT_THAT(PathsOf(ReadRequest(long_note).violations), ElementsAre("asset.rights_note"));
}

TEST(Validate, UploadChunks) {
  v1::UploadAssetRequest request;
  EXPECT_EQ(base::GetErrorDetail(CheckChunk(request)).violations[0].field, "payload");
  request.set_chunk("");
  EXPECT_EQ(base::GetErrorDetail(CheckChunk(request)).violations[0].field, "chunk");
  request.set_chunk(std::string(1 << 20, 'x'));
  EXPECT_TRUE(CheckChunk(request).ok());
  request.mutable_chunk()->push_back('x');
  EXPECT_EQ(base::GetErrorDetail(CheckChunk(request)).violations[0].field, "chunk");
  request.mutable_metadata();
  EXPECT_EQ(base::GetErrorDetail(CheckChunk(request)).violations[0].field, "metadata");
}

TEST(Validate, AssetReadsAndChanges) {
  Check<v1::GetAssetRequest>({{"name: 'assets/any~1'", {}}, {"name: 'assetGroups/any~1'", {"name"}}});
  Check<v1::ListAssetsRequest>({
      {"asset_groups: 'assetGroups/any~1' media_type: MEDIA_TYPE_IMAGE state: STATE_ACTIVE", {}},
      {"asset_groups: 'assetGroups/any~1' asset_groups: 'x'", {"asset_groups[1]"}},
      {Repeat("asset_groups: 'assetGroups/any~1' ", 51), {"asset_groups"}},
      {"page_size: -5 page_token: 'x'", {"page_size", "page_token"}},
  });
  v1::ListAssetsRequest open_enums;
  open_enums.set_media_type(static_cast<v1::MediaType>(4));
  open_enums.set_state(static_cast<v1::Asset::State>(-1));
  open_enums.set_group_type(static_cast<v1::GroupType>(3));
  EXPECT_THAT(PathsOf(ReadRequest(open_enums)), ElementsAre("media_type", "group_type", "state"));
  EXPECT_EQ(ReadRequest(Parse<v1::ListAssetsRequest>("group_type: GROUP_TYPE_LIVENESS_FACE"))->group_type,
            model::GroupType::kLivenessFace);
  Check<v1::UpdateAssetRequest>({
      {"asset { name: 'assets/any~1' display_name: 'x' }", {}},
      {"asset { name: 'assets/any~1' display_name: 'x' } update_mask { paths: 'display_name' }", {}},
      {"asset { name: 'assets/any~1' display_name: 'x' } update_mask { paths: 'state' }", {"update_mask.paths[0]"}},
      {"asset { name: 'x' } request_id: 'x'", {"asset.name", "asset.display_name", "request_id"}},
      {"asset { name: 'assets/any~1' rights_note: 'two\\nlines' }", {}},
      {"asset { name: 'assets/any~1' } update_mask { paths: 'rights_note' }", {}},
      {"asset { name: 'assets/any~1' rights_note: '" + Repeat("图", 1001) + "' }", {"asset.rights_note"}},
      {"asset { name: 'assets/any~1' rights_note: 'bell\\007' }", {"asset.rights_note"}},
  });
  const auto both = ReadRequest(
      Parse<v1::UpdateAssetRequest>("asset { name: 'assets/any~1' display_name: 'x' rights_note: 'by contract' }"));
  EXPECT_EQ(both->display_name, "x");
  EXPECT_EQ(both->rights_note, "by contract");
  const auto cleared = ReadRequest(Parse<v1::UpdateAssetRequest>(
      "asset { name: 'assets/any~1' display_name: 'x' } update_mask { paths: 'rights_note' }"));
  EXPECT_EQ(cleared->display_name, std::nullopt);
  EXPECT_EQ(cleared->rights_note, "");
  Check<v1::DeleteAssetRequest>({{"name: 'assets/any~1'", {}}, {"request_id: 'x'", {"name", "request_id"}}});
  Check<v1::WatchAssetRequest>({
      {"name: 'assets/any~1' resume_token: '" + Repeat("x", 256) + "'", {}},
      {"name: 'assets/any~1' resume_token: '" + Repeat("x", 257) + "'", {"resume_token"}},
      {"name: 'assets/any~1' resume_token: 'AZaz09-_'", {}},
      {"name: 'assets/any~1' resume_token: 'a\\001'", {"resume_token"}},
      {"name: 'assets/any~1' resume_token: 'a\\303\\244'", {"resume_token"}},
      {"name: 'assets/any~1' resume_token: 'a b'", {"resume_token"}},
      {"", {"name"}},
  });
}

std::string CreateTask(const std::string& fields) { return "generation_task { " + fields + " }"; }

TEST(Validate, CreateGenerationTask) {
  const std::string prefix = "generation_task.";
  Check<v1::CreateGenerationTaskRequest>({
      {CreateTask("prompt: 'a cat'"), {}},
      {CreateTask("prompt: 'two\\nlines' upstream: 'any' model: 'seedance' aspect_ratio: '16:9'"), {}},
      {CreateTask("prompt: 'a\\000b'"), {prefix + "prompt"}},
      {CreateTask("upstream: 'A'"), {prefix + "upstream"}},
      {CreateTask("model: '" + Repeat("m", 129) + "'"), {prefix + "model"}},
      {CreateTask("aspect_ratio: '" + Repeat("9", 33) + "'"), {prefix + "aspect_ratio"}},
      {CreateTask("duration { seconds: 5 }"), {}},
      {CreateTask("duration { seconds: 5 nanos: 1 }"), {prefix + "duration"}},
      {CreateTask("duration { seconds: 99999999999 }"), {prefix + "duration"}},
      {CreateTask("duration { seconds: -7 }"), {prefix + "duration"}},
      {CreateTask("ephemeral_retention { seconds: 10800 }"), {}},
      {CreateTask("ephemeral_retention { seconds: 0 }"), {}},
      {CreateTask("ephemeral_retention { seconds: 10801 }"), {prefix + "ephemeral_retention"}},
      {CreateTask("ephemeral_retention { seconds: 10800 nanos: 1 }"), {prefix + "ephemeral_retention"}},
      {CreateTask("ephemeral_retention { seconds: -3600 }"), {prefix + "ephemeral_retention"}},
      {CreateTask("ephemeral_retention { seconds: 99999999999 }"), {prefix + "ephemeral_retention"}},
      {CreateTask("references { uri: 'https://a/' ephemeral: true }"), {}},
      {CreateTask("references { asset: 'assets/any~1' label: 'hero-1_A' }"), {}},
      {CreateTask("references { asset: 'asset' }"), {prefix + "references[0].asset"}},
      {CreateTask("references { asset: '' }"), {prefix + "references[0].asset"}},
      {CreateTask("references { uri: 'https://example.com/a' }"), {}},
      {CreateTask("references { uri: 'http://example.com/a' }"), {prefix + "references[0].uri"}},
      {CreateTask("references { uri: 'data:image/png;base64,aGVsbG8=' }"), {prefix + "references[0].uri"}},
      {CreateTask("references { uri: 'https://me:secret@a/' }"), {prefix + "references[0].uri"}},
      {CreateTask("references { uri: 'asset://asset-1' }"), {prefix + "references[0].uri"}},
      {CreateTask("references { uri: 'https://a/' } references { }"), {prefix + "references[1].source"}},
      {CreateTask("references { uri: 'https://a/' label: 'a b' }"), {prefix + "references[0].label"}},
      {CreateTask("references { uri: 'https://a/' label: '" + Repeat("l", 33) + "' }"),
       {prefix + "references[0].label"}},
      {CreateTask("references { uri: 'https://a/' label: 'l' } references { uri: 'https://b/' label: 'l' }"),
       {prefix + "references[1].label"}},
      {CreateTask(Repeat("references { uri: 'https://a/' } ", 101)), {prefix + "references"}},
      {CreateTask("labels { key: 'a-b_1' value: '" + Repeat("v", 255) + "' }"), {}},
      {CreateTask("labels { key: 'a' value: '" + Repeat("v", 256) + "' }"), {prefix + "labels[a]"}},
      {CreateTask("labels { key: 'Bad' value: 'v' }"), {prefix + "labels[Bad]"}},
      {CreateTask("labels { key: '" + Repeat("k", 64) + "' value: 'v' }"),
       {prefix + "labels[" + Repeat("k", 63) + "]"}},
      {CreateTask("prompt: 'x'") + " request_id: 'x'", {"request_id"}},
      {CreateTask("upstream: 'A' references { } duration { nanos: 5 }") + " request_id: 'x'",
       {prefix + "upstream", prefix + "references[0].source", prefix + "duration", "request_id"}},
  });
}

TEST(Validate, CreateGenerationTaskCountsLabels) {
  v1::CreateGenerationTaskRequest request;
  for (int i = 0; i < 32; ++i) (*request.mutable_generation_task()->mutable_labels())["k" + std::to_string(i)] = "v";
  EXPECT_THAT(PathsOf(ReadRequest(request).violations), IsEmpty());
  (*request.mutable_generation_task()->mutable_labels())["more"] = "v";
  EXPECT_THAT(PathsOf(ReadRequest(request).violations), ElementsAre("generation_task.labels"));
}

TEST(Validate, CreateGenerationTaskRefusesUnknownEnumValues) {
  v1::CreateGenerationTaskRequest request;
  request.mutable_generation_task()->set_resolution(static_cast<v1::Resolution>(77));
  v1::Reference* reference = request.mutable_generation_task()->add_references();
  reference->set_uri("https://example.com/");
  reference->set_role(static_cast<v1::ReferenceRole>(6));
  EXPECT_THAT(PathsOf(ReadRequest(request).violations),
              ElementsAre("generation_task.references[0].role", "generation_task.resolution"));
}

TEST(Validate, CreateGenerationTaskKeepsWhatIsNotSet) {
  const auto bare = ReadRequest(Parse<v1::CreateGenerationTaskRequest>("generation_task { prompt: 'x' }"));
  EXPECT_EQ(bare.request.duration_seconds, std::nullopt);
  EXPECT_EQ(bare.request.seed, std::nullopt);
  EXPECT_EQ(bare.request.generate_audio, std::nullopt);
  EXPECT_EQ(bare.request.watermark, std::nullopt);
  const auto full = ReadRequest(Parse<v1::CreateGenerationTaskRequest>(
      "generation_task { duration { seconds: 0 } seed: 0 generate_audio: false watermark: false }"));
  EXPECT_EQ(full.request.duration_seconds, 0);
  EXPECT_EQ(full.request.seed, 0);
  EXPECT_EQ(full.request.generate_audio, false);
  EXPECT_EQ(full.request.watermark, false);
}

TEST(Validate, CreateGenerationTaskReadsItsFlags) {
  const auto none = ReadRequest(Parse<v1::CreateGenerationTaskRequest>("")).request;
  EXPECT_FALSE(none.wait_for_assets || none.allow_model_upgrade || none.recreate_expired_assets);
  EXPECT_EQ(none.ephemeral_hours, std::nullopt);
  EXPECT_TRUE(ReadRequest(Parse<v1::CreateGenerationTaskRequest>("wait_for_assets: true")).request.wait_for_assets);
  EXPECT_TRUE(
      ReadRequest(Parse<v1::CreateGenerationTaskRequest>("allow_model_upgrade: true")).request.allow_model_upgrade);
  EXPECT_TRUE(ReadRequest(Parse<v1::CreateGenerationTaskRequest>("recreate_expired_assets: true"))
                  .request.recreate_expired_assets);
}

TEST(Validate, GenerationTaskReads) {
  Check<v1::GetGenerationTaskRequest>({
      {"name: '" + kTaskName + "'", {}},
      {"name: 'generationTasks/1'", {"name"}},
      {"", {"name"}},
  });
  Check<v1::CancelGenerationTaskRequest>({{"name: 'x' request_id: 'x'", {"name", "request_id"}}});
  Check<v1::DeleteGenerationTaskRequest>({
      {"name: '" + kTaskName + "' allow_missing: true", {}},
      {"name: 'x' request_id: 'x'", {"name", "request_id"}},
  });
  const std::string task = "name: '" + kTaskName + "' ";
  Check<v1::ReconcileGenerationTaskRequest>({
      {task, {}},
      {task + "not_accepted: true", {}},
      {task + "upstream_task_id: '" + Repeat("x", 128) + "'", {}},
      {task + "not_accepted: false", {"not_accepted"}},
      {task + "upstream_task_id: ''", {"upstream_task_id"}},
      {task + "upstream_task_id: '" + Repeat("x", 129) + "'", {"upstream_task_id"}},
      {task + "upstream_task_id: 'a b'", {"upstream_task_id"}},
      {task + "upstream_task_id: '../../etc/passwd'", {"upstream_task_id"}},
      {task + "upstream_task_id: 'http://127.0.0.1:1/a.png'", {"upstream_task_id"}},
      {task + "upstream_task_id: 'a%2Fb'", {"upstream_task_id"}},
      {task + "upstream_task_id: 'a?b'", {"upstream_task_id"}},
      {task + "upstream_task_id: 'caf\303\251'", {"upstream_task_id"}},
      {"name: 'x' request_id: 'x' upstream_task_id: '\001'", {"name", "request_id", "upstream_task_id"}},
  });
  Check<v1::ListGenerationTasksRequest>({
      {"states: STATE_RUNNING labels { key: 'a' value: 'b' }", {}},
      {"states: STATE_RUNNING states: STATE_UNSPECIFIED", {"states[1]"}},
      {"labels { key: '?' value: 'b' } page_size: -1", {"labels[?]", "page_size"}},
  });
  v1::ListGenerationTasksRequest unknown;
  unknown.add_states(static_cast<v1::GenerationTask::State>(55));
  for (int i = 0; i < 9; ++i) (*unknown.mutable_labels())["k" + std::to_string(i)] = "v";
  EXPECT_THAT(PathsOf(ReadRequest(unknown)), ElementsAre("states[0]", "labels"));
  Check<v1::WatchGenerationTaskRequest>({
      {"name: '" + kTaskName + "'", {}},
      {"resume_token: '" + Repeat("x", 257) + "'", {"name", "resume_token"}},
  });
  Check<v1::DownloadGenerationResultRequest>({
      {"name: '" + kTaskName + "' offset: 5 limit: 6 part: PART_LAST_FRAME", {}},
      {"offset: -1 limit: -1", {"name", "offset", "limit"}},
  });
  v1::DownloadGenerationResultRequest part;
  part.set_name(kTaskName);
  part.set_part(static_cast<v1::DownloadGenerationResultRequest::Part>(9));
  EXPECT_THAT(PathsOf(ReadRequest(part)), ElementsAre("part"));
}

}  // namespace
}  // namespace seedance::rpc
