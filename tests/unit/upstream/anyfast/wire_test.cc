// The AnyFast dialect against a server over real sockets: what exactly is sent, and what is read from the answers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/upstream/anyfast/anyfast.h"
#include "service/upstream/anyfast/profiles.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/recording_vendor.h"
#include "tests/unit/http/trick_server.h"
#include "tests/unit/upstream/anyfast/at.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using ::testing::ElementsAre;

http::RecordingVendor::Answer Says(const std::string& body, int status = 200) {
  return [=](const httplib::Request&, httplib::Response& response) {
    response.status = status;
    response.set_content(body, "application/json");
  };
}

// ---- Groups ----

TEST(AnyFastWire, CreateGroup) {
  http::RecordingVendor vendor(Says(R"({"Id":"group-20260427160000-xxxxx"})"));
  CallOptions call;
  call.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto result = AnyFastAt(vendor)->groups()->CreateGroup(call, {"your-custom-name", ""});
  EXPECT_EQ(result.acceptance, Acceptance::kAccepted) << result.status;
  EXPECT_EQ(result.value, "group-20260427160000-xxxxx");
  const httplib::Request request = vendor.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/volc/asset/CreateAssetGroup");
  EXPECT_EQ(request.body, R"({"model":"volc-asset","Name":"your-custom-name"})");
  EXPECT_EQ(request.get_header_value("Authorization"), "Bearer sk-secret");
  EXPECT_EQ(request.get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(request.get_header_value("traceparent"), call.traceparent);
}

TEST(AnyFastWire, ListGroupsReadsPagesAndStripsThePrefix) {
  http::RecordingVendor vendor(Says(
      R"({"Items":[{"Id":"group-1","Name":"[u-17]-[t-42]hero","Description":"d","GroupType":"AIGC","CreateTime":"2026-05-28T06:09:22Z"},)"
      R"({"Id":"group-2","Name":"plain"}],"TotalCount":5,"PageNumber":1,"PageSize":2})"));
  GroupQuery query;
  query.display_name_contains = "my-project";
  query.page_size = 2;
  const auto page = AnyFastAt(vendor)->groups()->ListGroups({}, query);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(vendor.requests().at(0).body,
            R"({"model":"volc-asset","Filter":{"Name":"my-project"},"PageNumber":1,"PageSize":2})");
  ASSERT_EQ(page->items.size(), 2u);
  EXPECT_EQ(page->items[0].display_name, "hero");
  EXPECT_EQ(page->items[0].description, "d");
  EXPECT_EQ(page->items[0].create_time, absl::FromUnixSeconds(1779948562));
  EXPECT_EQ(page->items[1].display_name, "plain");
  EXPECT_EQ(page->items[0].type, model::GroupType::kAigc);
  EXPECT_EQ(page->items[1].type, model::GroupType::kUnspecified);
  EXPECT_TRUE(page->more);
}

TEST(AnyFastWire, GetGroupFindsItWhetherTheVendorFiltersOrNot) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    const bool second = request.body.find(R"("PageNumber":2)") != std::string::npos;
    response.set_content(second ? R"({"Items":[{"Id":"group-9","Name":"n"}],"TotalCount":101,"PageSize":100})"
                                : R"({"Items":[{"Id":"group-1","Name":"m"}],"TotalCount":101,"PageSize":100})",
                         "application/json");
  });
  auto upstream = AnyFastAt(vendor);
  EXPECT_EQ(upstream->groups()->GetGroup({}, "group-9")->display_name, "n");
  EXPECT_EQ(vendor.requests().at(0).body,
            R"({"model":"volc-asset","Filter":{"GroupIds":["group-9"],"Id":"group-9"},"PageNumber":1,"PageSize":100})");
}

TEST(AnyFastWire, GetGroupLooksAmongAllWhenTheFilterIsNotUnderstood) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    const bool filtered = request.body.find("GroupIds") != std::string::npos;
    response.set_content(filtered ? R"({"Items":[],"TotalCount":0})" : R"({"Items":[{"Id":"group-9"}],"TotalCount":1})",
                         "application/json");
  });
  auto upstream = AnyFastAt(vendor);
  EXPECT_EQ(upstream->groups()->GetGroup({}, "group-9")->id, "group-9");
  const absl::Status missing = upstream->groups()->GetGroup({}, "group-8").status();
  EXPECT_EQ(base::GetReason(missing), Reason::kResourceNotFound);
  EXPECT_EQ(base::GetErrorDetail(missing).resource->name, "assetGroups/anyfast~group-8");
}

TEST(AnyFastWire, NamesAndDescriptionsAreCutSoThatAPageOfThemCanBeAnswered) {
  const std::string much(100'000, 'x');
  http::RecordingVendor vendor(
      Says(R"({"Items":[{"Id":"one","Name":")" + much + R"(","Description":")" + much + R"("}],"TotalCount":1})"));
  const auto groups = AnyFastAt(vendor)->groups()->ListGroups({}, {});
  ASSERT_TRUE(groups.ok()) << groups.status();
  EXPECT_EQ(groups->items.at(0).display_name, much.substr(0, 1024));
  EXPECT_EQ(groups->items.at(0).description, much.substr(0, 4096));
  EXPECT_EQ(AnyFastAt(vendor)->assets().ListAssets({}, {})->items.at(0).display_name, much.substr(0, 1024));
}

TEST(AnyFastWire, UpdatesAndDeletes) {
  http::RecordingVendor vendor(Says(R"({"Id":"x","Deleted":true})"));
  auto upstream = AnyFastAt(vendor);
  EXPECT_TRUE(upstream->groups()->UpdateGroup({}, "group-1", "new").ok());
  EXPECT_TRUE(upstream->groups()->DeleteGroup({}, "group-1").ok());
  EXPECT_TRUE(upstream->asset_names()->UpdateAsset({}, "asset-1", "new").ok());
  EXPECT_TRUE(upstream->assets().DeleteAsset({}, "asset-1").ok());
  std::vector<std::string> sent;
  for (const auto& request : vendor.requests()) sent.push_back(request.path + " " + request.body);
  EXPECT_THAT(sent, ElementsAre(R"(/volc/asset/UpdateAssetGroup {"model":"volc-asset","Id":"group-1","Name":"new"})",
                                R"(/volc/asset/DeleteAssetGroup {"Id":"group-1"})",
                                R"(/volc/asset/UpdateAsset {"model":"volc-asset","Id":"asset-1","Name":"new"})",
                                R"(/volc/asset/DeleteAsset {"Id":"asset-1"})"));
}

TEST(AnyFastWire, DeleteThatWasNotDoneIsAnError) {
  http::RecordingVendor kept(Says(R"({"Id":"asset-1","Deleted":false})"));
  EXPECT_EQ(base::GetReason(AnyFastAt(kept)->assets().DeleteAsset({}, "asset-1")), Reason::kUpstreamProtocol);
  http::RecordingVendor unknown(Says(R"({"error":{"message":"upstream_error: [NotFound.asset_id] not found"}})", 404));
  const absl::Status missing = AnyFastAt(unknown)->assets().DeleteAsset({}, "asset-1");
  EXPECT_EQ(base::GetReason(missing), Reason::kResourceNotFound);
  EXPECT_EQ(base::GetErrorDetail(missing).resource->name, "assets/anyfast~asset-1");
}

TEST(AnyFastWire, APageInHtmlIsNoSuccessOfAChange) {
  http::RecordingVendor vendor(Says("<!doctype html><title>New API</title>"));
  auto upstream = AnyFastAt(vendor);
  for (const absl::Status& status :
       {upstream->groups()->UpdateGroup({}, "group-1", "n"), upstream->groups()->DeleteGroup({}, "group-1"),
        upstream->asset_names()->UpdateAsset({}, "asset-1", "n"), upstream->assets().DeleteAsset({}, "asset-1")}) {
    EXPECT_EQ(base::GetReason(status), Reason::kUpstreamProtocol) << status;
  }
}

TEST(AnyFastWire, ErrorsMayStandInTheEnvelopeOfArk) {
  http::RecordingVendor vendor(Says(
      R"({"ResponseMetadata":{"RequestId":"r","Error":{"Code":"NotFound.asset_id","Message":"not found"}}})", 404));
  EXPECT_EQ(base::GetReason(AnyFastAt(vendor)->assets().GetAsset({}, "asset-1").status()), Reason::kResourceNotFound);
  EXPECT_EQ(base::GetReason(AnyFastAt(vendor)->assets().DeleteAsset({}, "asset-1")), Reason::kResourceNotFound);
}

// ---- Assets ----

TEST(AnyFastWire, CreateAssetByUrlIsBilledUnderTheModelOfItsType) {
  http::RecordingVendor vendor(Says(R"({"Id":"asset-1"})"));
  auto upstream = AnyFastAt(vendor);
  NewAsset asset;
  asset.group_id = "group-1";
  asset.display_name = "character-reference";
  asset.uri = "https://example.com/example.png";
  asset.media_type = model::MediaType::kImage;
  EXPECT_EQ(upstream->assets().CreateAsset({}, asset).value, "asset-1");
  asset.media_type = model::MediaType::kVideo;
  asset.uri = "https://example.com/clip.mp4";
  upstream->assets().CreateAsset({}, asset);
  asset.media_type = model::MediaType::kAudio;
  asset.uri = "data:audio/wav;base64,AAAA";
  upstream->assets().CreateAsset({}, asset);
  std::vector<std::string> bodies;
  for (const auto& request : vendor.requests()) bodies.push_back(request.body);
  EXPECT_THAT(
      bodies,
      ElementsAre(
          R"({"model":"volc-asset","GroupId":"group-1","Name":"character-reference","AssetType":"Image","URL":"https://example.com/example.png"})",
          R"({"model":"volc-asset-video","GroupId":"group-1","Name":"character-reference","AssetType":"Video","URL":"https://example.com/clip.mp4"})",
          R"({"model":"volc-asset-audio","GroupId":"group-1","Name":"character-reference","AssetType":"Audio","URL":"data:audio/wav;base64,AAAA"})"));
}

TEST(AnyFastWire, UploadOfAnImageHasThePartsOfTheGuide) {
  http::RecordingVendor vendor(Says(R"({"Id":"asset-1"})"));
  http::TextSource file(std::string("\x89PNG\r\n--\0--", 11), 4);
  NewAsset asset;
  asset.group_id = "group-1";
  asset.display_name = "ref \"1\"";
  asset.media_type = model::MediaType::kImage;
  asset.data = &file;
  asset.file_name = "im\"age.PNG";
  EXPECT_EQ(AnyFastAt(vendor)->assets().CreateAsset({}, asset).value, "asset-1");
  const httplib::Request request = vendor.requests().at(0);
  EXPECT_EQ(request.path, "/volc/asset/CreateAsset");
  EXPECT_TRUE(request.has_header("Content-Length"));
  EXPECT_EQ(request.files.size(), 3u);
  EXPECT_EQ(request.get_file_value("GroupId").content, "group-1");
  EXPECT_EQ(request.get_file_value("Name").content, "ref \"1\"");
  const httplib::MultipartFormData part = request.get_file_value("file");
  EXPECT_EQ(part.content, std::string("\x89PNG\r\n--\0--", 11));
  EXPECT_EQ(part.filename, "im%22age.PNG");
  EXPECT_EQ(part.content_type, "image/png");
}

TEST(AnyFastWire, UploadOfAVideoNamesModelAndType) {
  http::RecordingVendor vendor(Says(R"({"Id":"asset-1"})"));
  http::TextSource file("bytes");
  NewAsset asset;
  asset.group_id = "group-1";
  asset.display_name = "clip";
  asset.media_type = model::MediaType::kVideo;
  asset.data = &file;
  asset.file_name = "clip.mp4";
  EXPECT_EQ(AnyFastAt(vendor)->assets().CreateAsset({}, asset).value, "asset-1");
  const httplib::Request request = vendor.requests().at(0);
  EXPECT_EQ(request.files.size(), 5u);
  EXPECT_EQ(request.get_file_value("model").content, "volc-asset-video");
  EXPECT_EQ(request.get_file_value("AssetType").content, "Video");
  EXPECT_EQ(request.get_file_value("file").content_type, "video/mp4");
}

TEST(AnyFastWire, CancellationDoesNotLoseTheAnswerToAWholeUpload) {
  CallOptions call;
  call.cancel = std::make_shared<base::CancelToken>();
  http::RecordingVendor vendor([&](const httplib::Request&, httplib::Response& response) {
    call.cancel->Cancel();
    response.set_content(R"({"Id":"asset-1"})", "application/json");
  });
  http::TextSource file("bytes");
  NewAsset asset;
  asset.data = &file;
  EXPECT_EQ(AnyFastAt(vendor)->assets().CreateAsset(call, asset).value, "asset-1");
}

TEST(AnyFastWire, CancellationBeforeTheEndOfAnUploadIsSurelyNotAccepted) {
  http::RecordingVendor vendor(Says(R"({"Id":"asset-1"})"));
  CallOptions call;
  call.cancel = std::make_shared<base::CancelToken>();
  call.cancel->Cancel();
  http::TextSource file("bytes");
  NewAsset asset;
  asset.data = &file;
  const auto result = AnyFastAt(vendor)->assets().CreateAsset(call, asset);
  EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted);
  EXPECT_FALSE(result.retryable);
  EXPECT_TRUE(vendor.requests().empty());
}

TEST(AnyFastWire, ListAssets) {
  http::RecordingVendor vendor(Says(
      R"({"PageNumber":1,"PageSize":10,"TotalCount":1,"Items":[{"Id":"asset-1","Name":"hero-front","URL":"https://assets.example/hero.png",)"
      R"("AssetType":"Image","GroupId":"group-1","Status":"Active","CreateTime":"2026-06-01T10:15:00Z"}]})"));
  AssetQuery query;
  query.display_name_contains = "character";
  query.group_ids = {"group-20260427160000-xxxxx"};
  query.page_size = 10;
  const auto page = AnyFastAt(vendor)->assets().ListAssets({}, query);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(
      vendor.requests().at(0).body,
      R"({"model":"volc-asset","Filter":{"Name":"character","GroupIds":["group-20260427160000-xxxxx"],"GroupType":"AIGC"},"PageNumber":1,"PageSize":10})");
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].group_id, "group-1");
  EXPECT_EQ(page->items[0].media_type, model::MediaType::kImage);
  EXPECT_EQ(page->items[0].state, model::AssetState::kActive);
  EXPECT_EQ(page->items[0].preview_uri, "https://assets.example/hero.png");
  EXPECT_FALSE(page->more);
}

struct AssetRow {
  const char* rest;
  model::AssetState state;
  Reason reason;
};

constexpr AssetRow kAssets[] = {
    {R"("Status":"Processing")", model::AssetState::kProcessing, Reason::kUnspecified},
    {R"("Status":"Active")", model::AssetState::kActive, Reason::kUnspecified},
    {R"("Status":"active")", model::AssetState::kActive, Reason::kUnspecified},
    {R"("Status":"Inactive")", model::AssetState::kProcessing, Reason::kUnspecified},
    {R"("Status":"Inactive","Error":{"Code":"DownloadFailed","Message":"m"})", model::AssetState::kFailed,
     Reason::kUpstreamInvalidInput},
    {R"("Status":"Failed","Error":{"Code":"FaceMismatch","Message":"m"})", model::AssetState::kFailed,
     Reason::kUpstreamInvalidInput},
    {R"("Status":"Failed","Error":{"Code":"InputImageSensitiveContentDetected","Message":"m"})",
     model::AssetState::kFailed, Reason::kInputModeration},
    {R"("Status":"Failed","Error":{"Code":"ContentRestricted","Message":"m"})", model::AssetState::kFailed,
     Reason::kInputModeration},
    {R"("Status":"Failed","Error":{"Code":"DurationTooLong","Message":"m"})", model::AssetState::kFailed,
     Reason::kUpstreamInvalidInput},
    {R"("Status":"Failed","Error":{"Code":"TranscodingFailed","Message":"m"})", model::AssetState::kFailed,
     Reason::kUpstreamFailed},
    {R"("Status":"Failed")", model::AssetState::kFailed, Reason::kUpstreamFailed},
    {R"("Status":"Reviewing")", model::AssetState::kUnspecified, Reason::kUnspecified},
};

TEST(AnyFastWire, GetAssetTellsTheStates) {
  for (const AssetRow& row : kAssets) {
    http::RecordingVendor vendor(Says(std::string(R"({"Id":"asset-1","AssetType":"Audio",)") + row.rest + "}"));
    const auto asset = AnyFastAt(vendor)->assets().GetAsset({}, "asset-1");
    ASSERT_TRUE(asset.ok()) << asset.status();
    EXPECT_EQ(vendor.requests().at(0).body, R"({"Id":"asset-1"})");
    EXPECT_EQ(asset->state, row.state) << row.rest;
    EXPECT_EQ(base::ReasonName(asset->error.reason), base::ReasonName(row.reason)) << row.rest;
    EXPECT_EQ(asset->media_type, model::MediaType::kAudio);
  }
}

// ---- Tasks ----

model::Reference Asset(model::ReferenceRole role, const std::string& id) {
  model::Reference reference;
  reference.role = role;
  reference.asset = model::UpstreamHandle{"anyfast", id};
  return reference;
}

TEST(AnyFastWire, CreateTaskAsInTheGuide) {
  http::RecordingVendor vendor(
      Says(R"({"id":"asyntask_1","task_id":"asyntask_1","object":"video","status":"queued"})"));
  model::TaskRequest task;
  task.model = "seedance";
  task.prompt = "@图1 中的人物走在 @视频1 的场景中,背景音乐使用 @音频1";
  task.references = {Asset(model::ReferenceRole::kReferenceImage, "asset-20260427160000-xxxxx"),
                     Asset(model::ReferenceRole::kReferenceVideo, "asset-20260427160000-video1"),
                     Asset(model::ReferenceRole::kReferenceAudio, "asset-20260427160000-audio1")};
  task.resolution = model::Resolution::k720p;
  task.duration_seconds = 5;
  const auto result = AnyFastAt(vendor)->tasks().CreateTask({}, task);
  EXPECT_EQ(result.value, "asyntask_1");
  EXPECT_EQ(vendor.requests().at(0).path, "/v1/video/generations");
  EXPECT_EQ(
      vendor.requests().at(0).body,
      R"({"model":"seedance","content":[{"type":"text","text":"@图1 中的人物走在 @视频1 的场景中,背景音乐使用 @音频1"},)"
      R"({"type":"image_url","image_url":{"url":"asset://asset-20260427160000-xxxxx"},"role":"reference_image"},)"
      R"({"type":"video_url","video_url":{"url":"asset://asset-20260427160000-video1"},"role":"reference_video"},)"
      R"({"type":"audio_url","audio_url":{"url":"asset://asset-20260427160000-audio1"},"role":"reference_audio"}],)"
      R"("resolution":"720p","duration":5,"generate_audio":true})");
}

TEST(AnyFastWire, CreateTaskSendsThePromptInTheVendorsNotation) {
  http::RecordingVendor vendor(Says(R"({"id":"t"})"));
  model::TaskRequest task;
  task.model = "seedance";
  task.prompt = "{hero} walks";
  task.sent_prompt = "@图1 walks";
  AnyFastAt(vendor)->tasks().CreateTask({}, task);
  EXPECT_THAT(vendor.requests().at(0).body,
              ::testing::StartsWith(R"({"model":"seedance","content":[{"type":"text","text":"@图1 walks"}],)"));
}

TEST(AnyFastWire, CreateTaskSendsOptionsThatCostNothingOnlyWhenTheyAreSet) {
  http::RecordingVendor vendor(Says(R"({"id":"t"})"));
  auto upstream = AnyFastAt(vendor);
  model::TaskRequest task;
  task.prompt = "a fox";
  upstream->tasks().CreateTask({}, task);
  task.aspect_ratio = "16:9";
  task.seed = 4294967295;
  task.generate_audio = false;
  task.watermark = true;
  task.return_last_frame = true;
  task.web_search = true;
  upstream->tasks().CreateTask({}, task);
  model::TaskRequest frames;
  model::Reference first;
  first.role = model::ReferenceRole::kFirstFrame;
  first.uri = "https://e.example/1.png";
  frames.references = {first, Asset(model::ReferenceRole::kLastFrame, "asset-2")};
  upstream->tasks().CreateTask({}, frames);
  std::vector<std::string> bodies;
  for (const auto& request : vendor.requests()) bodies.push_back(request.body);
  EXPECT_THAT(
      bodies,
      ElementsAre(
          R"({"model":"seedance","content":[{"type":"text","text":"a fox"}],"resolution":"720p","duration":5,"generate_audio":true})",
          R"({"model":"seedance","content":[{"type":"text","text":"a fox"}],"resolution":"720p","ratio":"16:9","duration":5,"seed":4294967295,"generate_audio":false,"watermark":true,"return_last_frame":true,"tools":[{"type":"web_search"}]})",
          R"({"model":"seedance","content":[{"type":"image_url","image_url":{"url":"https://e.example/1.png"},"role":"first_frame"},{"type":"image_url","image_url":{"url":"asset://asset-2"},"role":"last_frame"}],"resolution":"720p","duration":5,"generate_audio":true})"));
}

TEST(AnyFastWire, WhatTheBillDependsOnIsAlwaysSaid) {
  http::RecordingVendor vendor(Says(R"({"id":"t"})"));
  auto upstream = AnyFastAt(vendor);
  for (const model::ModelProfile& row : upstream->profile().models) {
    model::TaskRequest task;
    task.model = row.name.back() == '*' ? row.name.substr(0, row.name.size() - 1) + "251215" : row.name;
    task.prompt = "a fox";
    upstream->tasks().CreateTask({}, task);
    const std::string body = vendor.requests().back().body;
    const std::string resolution = row.name.find("premium") == std::string::npos ? "720p" : "4k";
    EXPECT_THAT(body, ::testing::HasSubstr(absl::StrCat(R"("resolution":")", resolution, R"(","duration":5)")))
        << row.name;
    const bool silent = row.name.find("seedance-1-0") != std::string::npos;
    EXPECT_EQ(body.find(R"("generate_audio":true)") == std::string::npos, silent) << row.name;
  }
  model::TaskRequest automatic;
  automatic.model = "seedance-2.5";
  automatic.prompt = "a fox";
  automatic.duration_seconds = -1;
  upstream->tasks().CreateTask({}, automatic);
  EXPECT_THAT(vendor.requests().back().body, ::testing::HasSubstr(R"("duration":-1)"));
}

TEST(AnyFastWire, WhatIsSaidInPlaceOfTheCallerIsTheProfiles) {
  http::RecordingVendor vendor(Says(R"({"id":"t"})"));
  AnyFastOptions options;
  options.base_url = vendor.url();
  options.profile = AnyFastProfile();
  model::ModelProfile& row = options.profile.models.at(0);
  row.default_duration_seconds = 8;
  row.default_resolution = model::Resolution::k480p;
  row.default_generate_audio = false;
  model::TaskRequest task;
  task.prompt = "a fox";
  MakeAnyFast(options, http::MakeHttpTransport({}), base::RealClock())->tasks().CreateTask({}, task);
  EXPECT_THAT(vendor.requests().back().body,
              ::testing::HasSubstr(R"("resolution":"480p","duration":8,"generate_audio":false)"));
}

TEST(AnyFastWire, FramesOfNewerModelsAreSentWithAnAdaptiveRatio) {
  http::RecordingVendor vendor(Says(R"({"id":"t"})"));
  auto upstream = AnyFastAt(vendor);
  const auto body = [&](const std::string& model, model::ReferenceRole role) {
    model::TaskRequest task;
    task.model = model;
    task.prompt = "a fox";
    task.references = {{"", role, std::nullopt, "https://example.com/a.png", false}};
    upstream->tasks().CreateTask({}, task);
    return vendor.requests().back().body;
  };
  constexpr char kAdaptive[] = R"("ratio":"adaptive")";
  EXPECT_THAT(body("seedance-2.5", model::ReferenceRole::kFirstFrame), ::testing::HasSubstr(kAdaptive));
  EXPECT_THAT(body("dreamina-seedance-2-5-260628", model::ReferenceRole::kFirstFrame), ::testing::HasSubstr(kAdaptive));
  EXPECT_THAT(body("seedance-2.5", model::ReferenceRole::kReferenceImage),
              ::testing::Not(::testing::HasSubstr("\"ratio\"")));
  EXPECT_THAT(body("seedance", model::ReferenceRole::kFirstFrame), ::testing::Not(::testing::HasSubstr("\"ratio\"")));
}

TEST(AnyFastWire, GetTaskAsksByPath) {
  http::RecordingVendor vendor(Says(R"({"code":"success","data":{"status":"QUEUED"}})"));
  EXPECT_TRUE(AnyFastAt(vendor)->tasks().GetTask({}, "asyntask_8f/2?Q").ok());
  const httplib::Request request = vendor.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/v1/video/generations/asyntask_8f%2F2%3FQ");
  EXPECT_EQ(request.get_header_value("Authorization"), "Bearer sk-secret");
}

}  // namespace
}  // namespace seedance::upstream
