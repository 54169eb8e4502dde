// The PiAPI dialect against a server over real sockets: what exactly is sent, and what is read from the answers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/upstream/piapi/piapi.h"
#include "service/upstream/piapi/profiles.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/recording_vendor.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using model::ReferenceRole;
using ::testing::ElementsAre;

constexpr char kTaken[] = R"({"code":200,"message":"success","data":{"task_id":"6b0f2a0e","status":"pending"}})";

PiApiOptions OptionsFor(const http::RecordingVendor& vendor) {
  PiApiOptions options;
  options.base_url = vendor.url();
  options.api_key = base::Secret("piapi-secret-key");
  options.profile = PiApiProfile("developer");
  options.allow_plain_http = true;
  return options;
}

std::unique_ptr<Upstream> PiApiWith(const PiApiOptions& options) {
  return MakePiApi(options, http::MakeHttpTransport({}), base::RealClock());
}

std::unique_ptr<Upstream> PiApiAt(const http::RecordingVendor& vendor) { return PiApiWith(OptionsFor(vendor)); }

void Say(httplib::Response& response, int status, const std::string& body) {
  response.status = status;
  response.set_content(body, "application/json");
}

http::RecordingVendor::Answer Says(const std::string& body, int status = 200) {
  return [=](const httplib::Request&, httplib::Response& response) { Say(response, status, body); };
}

std::vector<std::string> Lines(http::RecordingVendor& vendor) {
  std::vector<std::string> lines;
  for (const auto& request : vendor.requests()) lines.push_back(request.method + " " + request.target);
  return lines;
}

model::Reference Url(ReferenceRole role, const std::string& uri, bool ephemeral = false) {
  model::Reference reference;
  reference.role = role;
  reference.uri = uri;
  reference.ephemeral = ephemeral;
  return reference;
}

model::Reference Asset(ReferenceRole role, const std::string& id) {
  model::Reference reference;
  reference.role = role;
  reference.asset = model::UpstreamHandle{"piapi", id};
  return reference;
}

// ---- Tasks ----

TEST(PiApiWire, CreateTaskFromText) {
  http::RecordingVendor vendor(Says(kTaken));
  CallOptions call;
  call.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  model::TaskRequest task;
  task.prompt = "a fox runs";
  const auto result = PiApiAt(vendor)->tasks().CreateTask(call, task);
  EXPECT_EQ(result.acceptance, Acceptance::kAccepted) << result.status;
  EXPECT_EQ(result.value, "6b0f2a0e");
  const httplib::Request request = vendor.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/api/v1/task");
  EXPECT_EQ(request.body, R"({"model":"seedance","task_type":"seedance-2",)"
                          R"("input":{"prompt":"a fox runs","mode":"text_to_video","duration":5,)"
                          R"("resolution":"480p","audio":true}})");
  EXPECT_EQ(request.get_header_value("X-API-Key"), "piapi-secret-key");
  EXPECT_FALSE(request.has_header("Authorization"));
  EXPECT_EQ(request.get_header_value("Content-Type"), "application/json");
  // The network in front of the vendor refuses clients that do not say who they are.
  EXPECT_EQ(request.get_header_value("User-Agent"), "seedance-gateway");
  EXPECT_EQ(request.get_header_value("traceparent"), call.traceparent);
}

TEST(PiApiWire, CreateTaskFromReferencesAsInTheGuide) {
  http::RecordingVendor vendor(Says(kTaken));
  model::TaskRequest task;
  task.model = "seedance-2-less-restriction";
  task.prompt = "{hero} is the person. @image2 is the background, as in @视频1, to @audio1.";
  task.sent_prompt = "Image 1 is the person. Image 2 is the background, as in Video 1, to Audio 1.";
  task.references = {Asset(ReferenceRole::kReferenceImage, "asset-person-reference"),
                     Url(ReferenceRole::kReferenceVideo, "https://e.example/clip.mp4"),
                     Url(ReferenceRole::kReferenceImage, "https://e.example/scene.jpg"),
                     Asset(ReferenceRole::kReferenceAudio, "asset-audio")};
  task.resolution = model::Resolution::k720p;
  task.aspect_ratio = "16:9";
  task.duration_seconds = 5;
  task.generate_audio = false;
  PiApiAt(vendor)->tasks().CreateTask({}, task);
  EXPECT_EQ(vendor.requests().at(0).body,
            R"({"model":"seedance","task_type":"seedance-2-less-restriction","input":{)"
            R"("prompt":"Image 1 is the person. Image 2 is the background, as in Video 1, to Audio 1.",)"
            R"("mode":"omni_reference","duration":5,"aspect_ratio":"16:9","resolution":"720p",)"
            R"("image_urls":["asset://asset-person-reference","https://e.example/scene.jpg"],)"
            R"("video_urls":["https://e.example/clip.mp4"],"audio_urls":["asset://asset-audio"],"audio":false}})");
}

TEST(PiApiWire, OneReferenceImageIsNoFrame) {
  http::RecordingVendor vendor(Says(kTaken));
  model::TaskRequest task;
  task.prompt = "a fox";
  task.references = {Url(ReferenceRole::kReferenceImage, "https://e.example/1.png")};
  PiApiAt(vendor)->tasks().CreateTask({}, task);
  EXPECT_EQ(
      vendor.requests().at(0).body,
      R"({"model":"seedance","task_type":"seedance-2","input":{"prompt":"a fox","mode":"omni_reference","duration":5,)"
      R"("resolution":"480p","image_urls":["https://e.example/1.png"],"audio":true}})");
}

TEST(PiApiWire, FramesStandInTheirOrderAndAdaptiveIsAuto) {
  http::RecordingVendor vendor(Says(kTaken));
  model::TaskRequest task;
  task.prompt = "a fox";
  task.aspect_ratio = "adaptive";
  task.references = {Url(ReferenceRole::kLastFrame, "https://e.example/last.png"),
                     Url(ReferenceRole::kFirstFrame, "https://e.example/first.png")};
  PiApiAt(vendor)->tasks().CreateTask({}, task);
  EXPECT_EQ(
      vendor.requests().at(0).body,
      R"({"model":"seedance","task_type":"seedance-2","input":{"prompt":"a fox","mode":"first_last_frames","duration":5,)"
      R"("aspect_ratio":"auto","resolution":"480p","image_urls":["https://e.example/first.png","https://e.example/last.png"],)"
      R"("audio":true}})");
}

TEST(PiApiWire, EphemeralReferencesAreImportedByTheVendor) {
  http::RecordingVendor vendor(Says(kTaken));
  auto upstream = PiApiAt(vendor);
  model::TaskRequest task;
  task.model = "seedance-2-fast-less-restriction";
  task.prompt = "a";
  task.references = {Url(ReferenceRole::kReferenceImage, "https://e.example/1.png", /*ephemeral=*/true)};
  upstream->tasks().CreateTask({}, task);
  task.ephemeral_hours = 5;
  upstream->tasks().CreateTask({}, task);
  std::vector<std::string> bodies;
  for (const auto& request : vendor.requests()) bodies.push_back(request.body);
  const std::string begin =
      R"({"model":"seedance","task_type":"seedance-2-fast-less-restriction","input":{"prompt":"a",)"
      R"("mode":"omni_reference","duration":5,"resolution":"480p","image_urls":["https://e.example/1.png"],"auto_upload_assets":true)";
  EXPECT_THAT(bodies,
              ElementsAre(begin + R"(,"audio":true}})", begin + R"(,"asset_retention_hours":5,"audio":true}})"));
}

TEST(PiApiWire, ConfigurationOfTheOperatorGoesWithEveryTask) {
  http::RecordingVendor vendor(Says(kTaken));
  PiApiOptions options = OptionsFor(vendor);
  options.service_mode = "private";
  options.webhook_endpoint = "https://gw.example/webhooks/piapi/0123";
  options.webhook_secret = base::Secret("hook-secret");
  options.profile.default_model = "seedance-2-mini";
  auto upstream = PiApiWith(options);
  EXPECT_TRUE(upstream->profile().webhooks);
  model::TaskRequest task;
  task.prompt = "a";
  upstream->tasks().CreateTask({}, task);
  EXPECT_EQ(
      vendor.requests().at(0).body,
      R"({"model":"seedance","task_type":"seedance-2-mini","input":{"prompt":"a","mode":"text_to_video","duration":5,"resolution":"720p","audio":true},)"
      R"("config":{"service_mode":"private","webhook_config":{)"
      R"("endpoint":"https://gw.example/webhooks/piapi/0123","secret":"hook-secret"}}})");
  EXPECT_FALSE(PiApiAt(vendor)->profile().webhooks);
}

TEST(PiApiWire, PromptsThatAreNotUtf8AreMended) {
  http::RecordingVendor vendor(Says(kTaken));
  model::TaskRequest task;
  task.prompt = "a\xff\"b";
  PiApiAt(vendor)->tasks().CreateTask({}, task);
  EXPECT_THAT(vendor.requests().at(0).body, ::testing::HasSubstr("\"prompt\":\"a\xEF\xBF\xBD\\\"b\""));
}

TEST(PiApiWire, GetTaskAsksForTheIdWhateverItHolds) {
  http::RecordingVendor vendor(Says(R"({"code":200,"data":{"task_id":"../a?b","status":"Processing"}})"));
  const auto report = PiApiAt(vendor)->tasks().GetTask({}, "../a?b");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->state, model::TaskState::kRunning);
  EXPECT_THAT(Lines(vendor), ElementsAre("GET /api/v1/task/%2E%2E%2Fa%3Fb"));
  EXPECT_EQ(vendor.requests().at(0).get_header_value("X-API-Key"), "piapi-secret-key");
}

TEST(PiApiWire, PathsAreThoseOfTheConfiguration) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    Say(response, 200,
        request.method == "POST" ? R"({"task_id":"t","asset_id":"asset-1","status":"pending"})"
                                 : R"({"asset_id":"asset-1","status":"active","items":[],"total":0})");
  });
  PiApiOptions options = OptionsFor(vendor);
  options.paths = {"/up", "/all?x=1", "/one/{id}/get", "/one/{id}/remove", "/go", "/go/{id}", "/tasks", ""};
  auto upstream = PiApiWith(options);
  NewAsset asset;
  asset.uri = "https://e.example/a.png";
  EXPECT_EQ(upstream->assets().CreateAsset({}, asset).value, "asset-1");
  EXPECT_TRUE(upstream->assets().ListAssets({}, {}).ok());
  EXPECT_TRUE(upstream->assets().GetAsset({}, "asset-1").ok());
  EXPECT_TRUE(upstream->assets().DeleteAsset({}, "asset-1").ok());
  EXPECT_EQ(upstream->tasks().CreateTask({}, {}).value, "t");
  EXPECT_TRUE(upstream->tasks().GetTask({}, "t").ok());
  EXPECT_THAT(Lines(vendor), ElementsAre("POST /up", "GET /all?x=1&page=1&page_size=100", "GET /one/asset-1/get",
                                         "DELETE /one/asset-1/remove", "POST /go", "GET /go/t"));
}

// ---- Assets ----

TEST(PiApiWire, CreateAssetByUrl) {
  http::RecordingVendor vendor(Says(
      R"({"asset_id":"asset-20260702081500-q7w2e","status":"Processing","upload_at":"2026-07-02T08:15:00Z","expires_at":"2026-07-09T08:15:00Z"})"));
  auto upstream = PiApiAt(vendor);
  NewAsset asset;
  asset.group_id = "group-of-the-gateway";
  asset.display_name = "hero";
  asset.uri = "https://e.example/hero.png?sig=1";
  asset.media_type = model::MediaType::kImage;
  EXPECT_EQ(upstream->assets().CreateAsset({}, asset).value, "asset-20260702081500-q7w2e");
  asset.media_type = model::MediaType::kUnspecified;
  asset.display_name.clear();
  upstream->assets().CreateAsset({}, asset);
  std::vector<std::string> bodies;
  for (const auto& request : vendor.requests()) bodies.push_back(request.body);
  EXPECT_THAT(bodies, ElementsAre(R"({"url":"https://e.example/hero.png?sig=1","asset_type":"Image","name":"hero"})",
                                  R"({"url":"https://e.example/hero.png?sig=1"})"));
  EXPECT_THAT(Lines(vendor), ElementsAre("POST /api/v1/asset/upload", "POST /api/v1/asset/upload"));
}

TEST(PiApiWire, AssetOfEveryState) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    if (request.path == "/api/v1/asset/a") {
      Say(response, 200,
          R"({"asset_id":"a","name":"hero","asset_type":"Video","status":"ACTIVE","url":"https://img.example/a",)"
          R"("upload_at":"2026-07-02T08:15:00Z","expires_at":"2026-07-09T08:15:00Z","last_used_at":"0001-01-01T00:00:00Z"})");
    } else if (request.path == "/api/v1/asset/b") {
      Say(response, 200,
          R"({"code":200,"data":{"asset_id":"b","status":"Failed","error":"more than one face found"}})");
    } else if (request.path == "/api/v1/asset/c") {
      Say(response, 200, R"({"status":"failed","error":{"code":"InputImageSensitiveContentDetected","message":""}})");
    } else {
      Say(response, 200, R"({"asset_id":"d","status":"Thinking","expires_at":"0001-01-01T00:00:00Z"})");
    }
  });
  auto upstream = PiApiAt(vendor);
  const auto active = upstream->assets().GetAsset({}, "a");
  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_EQ(active->state, model::AssetState::kActive);
  EXPECT_EQ(active->media_type, model::MediaType::kVideo);
  EXPECT_EQ(active->display_name, "hero");
  EXPECT_EQ(active->preview_uri, "https://img.example/a");
  EXPECT_EQ(active->create_time, absl::FromUnixSeconds(1782980100));
  EXPECT_EQ(active->expire_time, absl::FromUnixSeconds(1782980100) + absl::Hours(7 * 24));
  EXPECT_EQ(active->group_id, "");
  const auto failed = upstream->assets().GetAsset({}, "b");
  EXPECT_EQ(failed->state, model::AssetState::kFailed);
  EXPECT_EQ(failed->error.reason, Reason::kUpstreamInvalidInput);
  EXPECT_EQ(failed->error.message, "more than one face found");
  const auto refused = upstream->assets().GetAsset({}, "c");
  EXPECT_EQ(refused->id, "c");
  EXPECT_EQ(refused->error.reason, Reason::kInputModeration);
  EXPECT_EQ(refused->error.upstream_code, "InputImageSensitiveContentDetected");
  const auto unknown = upstream->assets().GetAsset({}, "d");
  EXPECT_EQ(unknown->state, model::AssetState::kUnspecified);
  EXPECT_EQ(unknown->expire_time, std::nullopt);
}

// The list that the vendor of these tests has, in pages of two.
void SayPage(const httplib::Request& request, httplib::Response& response, const std::string& total) {
  const char* pages[] = {
      R"({"asset_id":"asset-1","name":"hero one","status":"active"},{"asset_id":"asset-2","name":"x"})",
      R"({"asset_id":"asset-3","name":"hero two","status":"processing"})", ""};
  const int page = std::stoi(request.get_param_value("page"));
  Say(response, 200, std::string(R"({"items":[)") + pages[std::min(page, 3) - 1] + "]" + total + "}");
}

TEST(PiApiWire, ListIsReadToItsEndAndPagedHere) {
  for (const std::string total : {R"(,"total":3)", ""}) {
    http::RecordingVendor vendor(
        [&](const httplib::Request& request, httplib::Response& response) { SayPage(request, response, total); });
    auto upstream = PiApiAt(vendor);
    AssetQuery query;
    query.page_size = 2;
    auto page = upstream->assets().ListAssets({}, query);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_EQ(page->items.size(), 2u);
    EXPECT_EQ(page->items[1].id, "asset-2");
    EXPECT_TRUE(page->more);
    query.page = 2;
    page = upstream->assets().ListAssets({}, query);
    ASSERT_EQ(page->items.size(), 1u);
    EXPECT_EQ(page->items[0].id, "asset-3");
    EXPECT_FALSE(page->more);
    query.page = 1;
    query.display_name_contains = "hero";
    page = upstream->assets().ListAssets({}, query);
    ASSERT_EQ(page->items.size(), 2u);
    EXPECT_EQ(page->items[1].display_name, "hero two");
    EXPECT_FALSE(page->more);
  }
}

TEST(PiApiWire, ANameIsCutSoThatAPageOfThemCanBeAnswered) {
  const std::string much(100'000, 'x');
  http::RecordingVendor vendor(Says(R"({"assets":[{"asset_id":"asset-1","name":")" + much + R"("}]})"));
  EXPECT_EQ(PiApiAt(vendor)->assets().ListAssets({}, {})->items.at(0).display_name, much.substr(0, 1024));
}

TEST(PiApiWire, VendorThatKnowsNoPagesIsAskedTwiceAtMost) {
  http::RecordingVendor vendor(Says(R"({"assets":[{"asset_id":"asset-1"},{"asset_id":"asset-2"}]})"));
  const auto page = PiApiAt(vendor)->assets().ListAssets({}, {});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->items.size(), 2u);
  EXPECT_FALSE(page->more);
  EXPECT_EQ(vendor.requests().size(), 2u);
}

TEST(PiApiWire, ListThatShowsLessThanItSaysIsNotTakenForAll) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    if (request.path != "/api/v1/asset/list") return Say(response, 404, "404 page not found");
    Say(response, 200, R"({"items":[{"asset_id":"asset-1","status":"Active"}],"total":300})");
  });
  auto upstream = PiApiAt(vendor);
  EXPECT_EQ(base::GetReason(upstream->assets().GetAsset({}, "asset-9").status()), Reason::kUpstreamUnavailable);
  EXPECT_TRUE(upstream->assets().GetAsset({}, "asset-1").ok());
}

TEST(PiApiWire, EmptyListsOfEveryForm) {
  for (const char* body : {R"({"items":[]})", R"({"items":null,"total":0})", R"({"code":200,"data":{"items":[]}})",
                           R"({"code":200,"data":[]})", "[]"}) {
    http::RecordingVendor vendor(Says(body));
    const auto page = PiApiAt(vendor)->assets().ListAssets({}, {});
    ASSERT_TRUE(page.ok()) << body << page.status();
    EXPECT_TRUE(page->items.empty());
    EXPECT_FALSE(page->more);
  }
}

TEST(PiApiWire, WhatIsNoListIsAnError) {
  http::RecordingVendor other(Says(R"({"hello":1})"));
  EXPECT_EQ(base::GetReason(PiApiAt(other)->assets().ListAssets({}, {}).status()), Reason::kUpstreamProtocol);
  http::RecordingVendor missing(Says(R"({"message":"asset list not found"})", 404));
  EXPECT_EQ(base::GetReason(PiApiAt(missing)->assets().ListAssets({}, {}).status()), Reason::kUpstreamProtocol);
  http::RecordingVendor refused(Says(R"({"code":401,"message":"unauthorized"})"));
  EXPECT_EQ(base::GetReason(PiApiAt(refused)->assets().ListAssets({}, {}).status()), Reason::kUpstreamAuthFailed);
}

TEST(PiApiWire, GetAssetFindsItInTheListWhenTheVendorHasNoPathForOne) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    if (request.path == "/api/v1/asset/list") return SayPage(request, response, "");
    Say(response, 404, "404 page not found");
  });
  auto upstream = PiApiAt(vendor);
  const auto found = upstream->assets().GetAsset({}, "asset-3");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state, model::AssetState::kProcessing);
  const absl::Status missing = upstream->assets().GetAsset({}, "asset-9").status();
  EXPECT_EQ(base::GetReason(missing), Reason::kResourceNotFound);
  EXPECT_EQ(base::GetErrorDetail(missing).resource->name, "assets/piapi~asset-9");
  // Once the list had what the path did not have, the list is asked at once.
  EXPECT_THAT(
      Lines(vendor),
      ElementsAre("GET /api/v1/asset/asset-3", "GET /api/v1/asset/list?page=1&page_size=100",
                  "GET /api/v1/asset/list?page=2&page_size=100", "GET /api/v1/asset/list?page=1&page_size=100",
                  "GET /api/v1/asset/list?page=2&page_size=100", "GET /api/v1/asset/list?page=3&page_size=100"));
}

TEST(PiApiWire, PathForOneAssetIsTriedAgainAfterAWhile) {
  std::atomic<bool> stray = true;
  http::RecordingVendor vendor([&](const httplib::Request& request, httplib::Response& response) {
    if (request.path == "/api/v1/asset/list") return SayPage(request, response, "");
    if (stray) return Say(response, 404, "404 page not found");
    Say(response, 200, R"({"asset_id":"asset-3","status":"Active"})");
  });
  base::SimulatedClock clock(absl::FromUnixSeconds(1'790'000'000));
  const auto upstream = MakePiApi(OptionsFor(vendor), http::MakeHttpTransport({}), clock);
  EXPECT_EQ(upstream->assets().GetAsset({}, "asset-3")->state, model::AssetState::kProcessing);
  stray = false;
  clock.Advance(absl::Minutes(9));
  EXPECT_EQ(upstream->assets().GetAsset({}, "asset-3")->state, model::AssetState::kProcessing);
  clock.Advance(absl::Minutes(2));
  EXPECT_EQ(upstream->assets().GetAsset({}, "asset-3")->state, model::AssetState::kActive);
}

TEST(PiApiWire, StrangeAnswersForOneAssetLeadToTheListToo) {
  for (const char* body : {"<html>not here</html>", R"({"hello":1})"}) {
    http::RecordingVendor vendor([&](const httplib::Request& request, httplib::Response& response) {
      if (request.path == "/api/v1/asset/list") return SayPage(request, response, "");
      Say(response, 200, body);
    });
    auto upstream = PiApiAt(vendor);
    // What the list does not have either stays in doubt: the first answer was no word about the asset.
    EXPECT_EQ(base::GetReason(upstream->assets().GetAsset({}, "asset-9").status()), Reason::kUpstreamProtocol) << body;
    EXPECT_TRUE(upstream->assets().GetAsset({}, "asset-3").ok()) << body;
  }
}

TEST(PiApiWire, AssetIsUnknownOnlyWhenTheListDoesNotHaveIt) {
  for (const int status : {404, 405, 200}) {
    http::RecordingVendor vendor([&](const httplib::Request& request, httplib::Response& response) {
      if (request.path == "/api/v1/asset/list") return Say(response, 200, R"({"items":[],"total":0})");
      Say(response, status, R"({"code":404,"message":"asset not found"})");
    });
    EXPECT_EQ(base::GetReason(PiApiAt(vendor)->assets().GetAsset({}, "asset-1").status()), Reason::kResourceNotFound);
    EXPECT_EQ(base::GetReason(PiApiAt(vendor)->assets().DeleteAsset({}, "asset-1")), Reason::kResourceNotFound);
  }
}

TEST(PiApiWire, ErrorOfTheListIsNotTakenForAMissingAsset) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    const bool list = request.path == "/api/v1/asset/list";
    Say(response, list ? 502 : 404, list ? "<html>502</html>" : "{}");
  });
  EXPECT_EQ(base::GetReason(PiApiAt(vendor)->assets().GetAsset({}, "asset-1").status()), Reason::kUpstreamUnavailable);
  EXPECT_EQ(base::GetReason(PiApiAt(vendor)->assets().DeleteAsset({}, "asset-1")), Reason::kUpstreamUnavailable);
}

TEST(PiApiWire, OtherErrorsOfGetAssetDoNotAskTheList) {
  http::RecordingVendor vendor(Says("<html>502</html>", 502));
  EXPECT_EQ(base::GetReason(PiApiAt(vendor)->assets().GetAsset({}, "asset-1").status()), Reason::kUpstreamUnavailable);
  EXPECT_EQ(vendor.requests().size(), 1u);
}

TEST(PiApiWire, DeleteAsset) {
  for (const char* body : {"", "{}", R"({"code":200,"message":"success"})", R"({"asset_id":"a","deleted":true})"}) {
    http::RecordingVendor vendor(Says(body, *body == '\0' ? 204 : 200));
    EXPECT_TRUE(PiApiAt(vendor)->assets().DeleteAsset({}, "asset-1").ok()) << body;
    EXPECT_THAT(Lines(vendor), ElementsAre("DELETE /api/v1/asset/asset-1"));
    EXPECT_EQ(vendor.requests().at(0).get_header_value("X-API-Key"), "piapi-secret-key");
  }
}

TEST(PiApiWire, DeleteThatWasNotDoneIsAnError) {
  http::RecordingVendor kept(Says(R"({"asset_id":"a","deleted":false})"));
  EXPECT_FALSE(PiApiAt(kept)->assets().DeleteAsset({}, "a").ok());
  http::RecordingVendor refused(Says(R"({"code":500,"message":"busy"})"));
  EXPECT_EQ(base::GetReason(PiApiAt(refused)->assets().DeleteAsset({}, "a")), Reason::kUpstreamUnavailable);
  http::RecordingVendor listed([](const httplib::Request& request, httplib::Response& response) {
    if (request.path == "/api/v1/asset/list") return SayPage(request, response, "");
    Say(response, 404, R"({"message":"not found"})");
  });
  const absl::Status status = PiApiAt(listed)->assets().DeleteAsset({}, "asset-3");
  EXPECT_EQ(base::GetReason(status), Reason::kUpstreamProtocol);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("paths.asset_delete"));
}

TEST(PiApiWire, APageInHtmlIsNoSuccess) {
  http::RecordingVendor vendor(Says("<!doctype html><title>Just a moment...</title>"));
  PiApiOptions options = OptionsFor(vendor);
  options.paths.task_cancel = "/api/v1/task/{id}";
  auto upstream = PiApiWith(options);
  EXPECT_EQ(base::GetReason(upstream->assets().DeleteAsset({}, "asset-1")), Reason::kUpstreamProtocol);
  EXPECT_EQ(base::GetReason(upstream->cancels()->CancelTask({}, "task-1")), Reason::kUpstreamProtocol)
      << "else the task would count as not billed";
}

TEST(PiApiWire, BytesOfAnAssetAreUnsupported) {
  http::RecordingVendor vendor(Says("{}"));
  const auto created = PiApiAt(vendor)->assets().CreateAsset({}, {});
  EXPECT_EQ(created.acceptance, Acceptance::kRefused);
  EXPECT_EQ(base::GetReason(created.status), Reason::kUnsupportedByUpstream);
  EXPECT_EQ(created.status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(vendor.requests().empty());
}

}  // namespace
}  // namespace seedance::upstream
