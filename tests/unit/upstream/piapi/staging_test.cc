// Files that PiAPI is to fetch are put into its own store; and what its webhooks say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "service/base/error.h"
#include "service/upstream/json_node.h"
#include "service/upstream/piapi/base64_source.h"
#include "service/upstream/piapi/piapi.h"
#include "service/upstream/piapi/profiles.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/recording_vendor.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;

std::unique_ptr<Upstream> PiApiAt(http::RecordingVendor& vendor) {
  PiApiOptions options;
  options.base_url = "http://127.0.0.1:1";
  options.upload_url = vendor.url() + "/api/ephemeral_resource";
  options.api_key = base::Secret("piapi-secret-key");
  options.profile = PiApiProfile("developer");
  options.allow_plain_http = true;
  return MakePiApi(options, http::MakeHttpTransport({}), base::RealClock());
}

http::RecordingVendor::Answer Says(const std::string& body, int status = 200) {
  return [=](const httplib::Request&, httplib::Response& response) {
    response.status = status;
    response.set_content(body, "application/json");
  };
}

// A file of `size` bytes that is made while it is read.
class MadeFile : public http::ByteSource {
 public:
  MadeFile(int64_t size, int64_t piece) : size_(size), piece_(piece) {}

  absl::StatusOr<std::string> Next() override {
    std::string bytes = Bytes(at_, std::min(piece_, size_ - at_));
    at_ += static_cast<int64_t>(bytes.size());
    return bytes;
  }
  std::optional<int64_t> Size() const override { return size_; }
  int64_t at() const { return at_; }

  static std::string Bytes(int64_t at, int64_t count) {
    std::string bytes;
    for (int64_t i = at; i < at + count; ++i) bytes.push_back(static_cast<char>((i * 31 + i / 251) & 0xff));
    return bytes;
  }

 private:
  const int64_t size_;
  const int64_t piece_;
  int64_t at_ = 0;
};

class BrokenFile : public http::ByteSource {
 public:
  absl::StatusOr<std::string> Next() override {
    if (++pieces_ == 1) return std::string("first");
    return base::InvalidField("asset.media", "the picture is too small");
  }
  std::optional<int64_t> Size() const override { return 1000; }

 private:
  int pieces_ = 0;
};

std::string ReadAll(http::ByteSource& source) {
  std::string all;
  for (auto piece = source.Next(); piece.ok() && !piece->empty(); piece = source.Next()) all += *piece;
  return all;
}

// ---- The body ----

TEST(Base64Source, EveryLengthAndEveryPieceGivesTheSameBody) {
  for (int64_t size = 0; size <= 10; ++size) {
    for (int64_t piece = 1; piece <= 5; ++piece) {
      MadeFile file(size, piece);
      Base64Source source("a.png", file);
      const std::optional<int64_t> announced = source.Size();
      const std::string body = ReadAll(source);
      EXPECT_EQ(body, R"({"file_name":"a.png","file_data":")" + absl::Base64Escape(MadeFile::Bytes(0, size)) + "\"}");
      EXPECT_EQ(announced, static_cast<int64_t>(body.size())) << size << " in pieces of " << piece;
    }
  }
}

TEST(Base64Source, HoldsNoMoreThanOnePieceOfTheFile) {
  constexpr int64_t kSize = 10'000'000;
  MadeFile file(kSize, 1 << 20);
  Base64Source source("a.mp4", file);
  int64_t sent = 0;
  for (auto piece = source.Next(); piece.ok() && !piece->empty(); piece = source.Next()) {
    ASSERT_LE(piece->size(), 1u << 20);
    sent += static_cast<int64_t>(piece->size());
    // What was read of the file and is not sent yet.
    ASSERT_LE(file.at() - sent / 4 * 3, 1 << 20);
  }
  EXPECT_EQ(sent, source.Size());
  EXPECT_EQ(file.at(), kSize);
}

TEST(Base64Source, NamesAreQuotedAndBoundedBeforeTheirSuffix) {
  MadeFile file(0, 1);
  Base64Source odd("a\"\n\xff.png", file);
  EXPECT_EQ(ReadAll(odd), "{\"file_name\":\"a\\\"\\n\xEF\xBF\xBD.png\",\"file_data\":\"\"}");
  Base64Source none("", file);
  EXPECT_EQ(ReadAll(none), R"({"file_name":"file","file_data":""})");
  Base64Source longer(std::string(300, 'n') + ".jpeg", file);
  EXPECT_EQ(JsonNode::Parse(ReadAll(longer))["file_name"].Text(), std::string(123, 'n') + ".jpeg");
}

TEST(Base64Source, SizeIsUnknownWithThatOfTheFile) {
  class Endless : public BrokenFile {
    std::optional<int64_t> Size() const override { return std::nullopt; }
  } file;
  EXPECT_EQ(Base64Source("a.png", file).Size(), std::nullopt);
}

// ---- The call ----

TEST(PiApiStaging, PutsAFileAndReturnsItsUrl) {
  http::RecordingVendor vendor(Says(R"({"code":200,"data":{"url":"https://img.example/x.png"},"message":"success"})"));
  http::TextSource file("\x89PNG bytes", 3);
  const auto url = PiApiAt(vendor)->files()->UploadToVendor({}, "x.png", file);
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(*url, "https://img.example/x.png");
  const httplib::Request request = vendor.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/api/ephemeral_resource");
  EXPECT_EQ(request.get_header_value("x-api-key"), "piapi-secret-key");
  EXPECT_EQ(request.get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(request.get_header_value("Content-Length"), std::to_string(request.body.size()));
  EXPECT_EQ(request.body, R"({"file_name":"x.png","file_data":")" + absl::Base64Escape("\x89PNG bytes") + "\"}");
}

TEST(PiApiStaging, LargestFileArrivesWhole) {
  http::RecordingVendor vendor(Says(R"({"code":200,"data":{"url":"https://img.example/x.mp4"}})"));
  constexpr int64_t kSize = 10'000'000;
  MadeFile file(kSize, 300'007);
  const auto url = PiApiAt(vendor)->files()->UploadToVendor({}, "x.mp4", file);
  ASSERT_TRUE(url.ok()) << url.status();
  std::string decoded;
  const JsonNode body = JsonNode::Parse(vendor.requests().at(0).body);
  ASSERT_TRUE(absl::Base64Unescape(body["file_data"].Text(), &decoded));
  EXPECT_TRUE(decoded == MadeFile::Bytes(0, kSize));
}

struct StagingRow {
  int status;
  const char* body;
  Reason reason;
};

TEST(PiApiStaging, ErrorsTellWhetherTheFileMayGoAnotherWay) {
  const StagingRow rows[] = {
      {403, R"({"code":403,"message":"Insufficient plan level"})", Reason::kUnsupportedByUpstream},
      {200, R"({"code":403,"message":"Insufficient plan level"})", Reason::kUnsupportedByUpstream},
      {403, R"({"code":403,"message":"storage quota exceeded"})", Reason::kQuotaExceeded},
      {403, R"({"code":403,"message":"forbidden"})", Reason::kUpstreamAuthFailed},
      {403, "error code: 1010", Reason::kUpstreamUnavailable},
      {401, "{}", Reason::kUpstreamAuthFailed},
      {400, R"({"code":400,"message":"Invalid request parameters"})", Reason::kUnsupportedByUpstream},
      {404, "<html>", Reason::kUpstreamProtocol},
      {413, R"({"message":"too large"})", Reason::kUnsupportedByUpstream},
      {429, "", Reason::kRateLimited},
      {502, "<html>", Reason::kUpstreamUnavailable},
      {200, "<html>", Reason::kUpstreamProtocol},
      {200, R"({"code":200,"data":{"url":""},"message":"success"})", Reason::kUpstreamProtocol},
      {200, R"({"code":200,"data":{"url":"file:///etc/passwd"}})", Reason::kUpstreamProtocol},
  };
  for (const StagingRow& row : rows) {
    http::RecordingVendor vendor(Says(row.body, row.status));
    http::TextSource file("bytes");
    const absl::Status status = PiApiAt(vendor)->files()->UploadToVendor({}, "x.png", file).status();
    EXPECT_EQ(base::ReasonName(base::GetReason(status)), base::ReasonName(row.reason)) << row.status << row.body;
  }
}

TEST(PiApiStaging, PlainLinksAreTakenOnlyWhereAllowed) {
  base::SimulatedClock clock(absl::FromUnixSeconds(1780000500));
  for (const bool allowed : {true, false}) {
    PiApiOptions options;
    options.upload_url = "https://upload.example/";
    options.allow_plain_http = allowed;
    auto upstream =
        MakePiApi(options,
                  std::make_unique<ScriptedTransport>(Answer(
                      http::HttpOutcome::kReply, 200, R"({"code":200,"data":{"url":"http://img.example/x.png"}})")),
                  clock);
    http::TextSource file("bytes");
    EXPECT_EQ(upstream->files()->UploadToVendor({}, "x.png", file).ok(), allowed);
  }
}

TEST(PiApiStaging, ErrorOfTheFileItselfIsToldAsItIs) {
  http::RecordingVendor vendor(Says(R"({"code":200,"data":{"url":"https://img.example/x.png"}})"));
  BrokenFile file;
  const absl::Status status = PiApiAt(vendor)->files()->UploadToVendor({}, "x.png", file).status();
  EXPECT_EQ(base::GetReason(status), Reason::kInvalidInput);
  EXPECT_EQ(base::GetErrorDetail(status).violations.at(0).field, "asset.media");
}

TEST(PiApiStaging, CallerThatLeavesBreaksItOff) {
  http::RecordingVendor vendor(Says("{}"));
  CallOptions call;
  call.cancel = std::make_shared<base::CancelToken>();
  call.cancel->Cancel();
  http::TextSource file("bytes");
  EXPECT_EQ(base::GetReason(PiApiAt(vendor)->files()->UploadToVendor(call, "x.png", file).status()),
            Reason::kCancelled);
}

TEST(PiApiStaging, WithoutAnUploadUrlNothingIsStaged) {
  PiApiOptions options;
  options.profile = PiApiProfile("developer");
  auto upstream = MakePiApi(options, http::MakeHttpTransport({}), base::RealClock());
  EXPECT_EQ(upstream->profile().assets.max_staged_bytes, 0);
  EXPECT_EQ(upstream->files(), nullptr);
  options.upload_url = "https://upload.example/";
  EXPECT_EQ(MakePiApi(options, http::MakeHttpTransport({}), base::RealClock())->profile().assets.max_staged_bytes,
            10'000'000);
}

// ---- Webhooks ----

std::unique_ptr<Upstream> WithSecret(const std::string& secret) {
  PiApiOptions options;
  options.webhook_endpoint = "https://gateway.example/webhooks/piapi/token";
  options.webhook_secret = base::Secret(secret);
  return MakePiApi(options, http::MakeHttpTransport({}), base::RealClock());
}

WebhookHeaders Said(const std::string& secret) { return {{"content-type", "text/json"}, {"x-webhook-secret", secret}}; }

TEST(PiApiWebhooks, SecretIsTheWholeSecret) {
  auto upstream = WithSecret("hook-secret");
  EXPECT_TRUE(upstream->webhooks()->Verify(Said("hook-secret"), ""));
  for (const char* wrong : {"", "hook-secre", "hook-secret ", "Hook-secret", "hook-secrex"}) {
    EXPECT_FALSE(upstream->webhooks()->Verify(Said(wrong), "")) << wrong;
  }
  EXPECT_FALSE(upstream->webhooks()->Verify({{"x-other-secret", "hook-secret"}}, ""));
  EXPECT_FALSE(
      upstream->webhooks()->Verify({{"x-webhook-secret", "hook-secret"}, {"x-webhook-secret", "hook-secret"}}, ""));
}

TEST(PiApiWebhooks, NoSecretIsNeverRight) {
  EXPECT_FALSE(WithSecret("")->webhooks()->Verify(Said(""), ""));
  EXPECT_FALSE(WithSecret("")->webhooks()->Verify(Said("x"), ""));
}

TEST(PiApiWebhooks, TaskIsReadAndNothingElseIsBelieved) {
  auto upstream = WithSecret("s");
  EXPECT_EQ(upstream->webhooks()->TaskOfWebhook(
                R"({"timestamp":1780000000,"data":{"task_id":"6b0f2a0e","status":"completed"}})"),
            "6b0f2a0e");
  EXPECT_EQ(upstream->webhooks()->TaskOfWebhook(R"({"timestamp":1,"data":{"code":200,"data":{"task_id":"6b0f2a0e"}}})"),
            "6b0f2a0e");
  EXPECT_EQ(upstream->webhooks()->TaskOfWebhook(R"({"task_id":"6b0f2a0e"})"), "6b0f2a0e");
  for (const char* body : {"", "{}", "[]", "<html>", R"({"data":null})", R"({"data":{"task_id":""}})",
                           R"({"data":{"task_id":{"a":1}}})", R"({"data":{"task_id":"a b"}})"}) {
    EXPECT_EQ(upstream->webhooks()->TaskOfWebhook(body), "") << body;
  }
}

TEST(PiApiWebhooks, OversizedBodiesAndIdsAreNotRead) {
  auto upstream = WithSecret("s");
  EXPECT_EQ(upstream->webhooks()->TaskOfWebhook(R"({"data":{"task_id":")" + std::string(129, 'x') + R"("}})"), "");
  EXPECT_EQ(
      upstream->webhooks()->TaskOfWebhook(R"({"data":{"task_id":"t"},"pad":")" + std::string(1 << 20, 'x') + R"("})"),
      "");
  EXPECT_EQ(upstream->webhooks()->TaskOfWebhook(std::string(100'000, '[')), "");
}

}  // namespace
}  // namespace seedance::upstream
