#include "service/server/admin_server.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/base/thread.h"
#include "service/server/admin_loop.h"
#include "service/server/replicas_text.h"
#include "tests/testing/no_threads.h"
#include "tests/unit/server/admin_fixture.h"

namespace seedance::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// ---- Health ----

TEST_F(AdminServerTest, MetricsAreInPrometheusTextFormat) {
  Start();
  auto client = NewClient();
  const auto answer = client.Get("/metrics");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->get_header_value("Content-Type"), StartsWith("text/plain; version=0.0.4"));
  EXPECT_EQ(answer->body, "seedance_answer 42\n");
  EXPECT_EQ(client.Post("/metrics", "", "text/plain")->status, 405);
  EXPECT_EQ(client.Get("/metrics/all")->status, 404);
}

TEST_F(AdminServerTest, LiveAsLongAsItRunsAndReadyAsLongAsThereIsNoReason) {
  Start();
  EXPECT_EQ(StatusOf("/livez"), 200);
  EXPECT_EQ(StatusOf("/readyz"), 200);
  SetNotReady("stopping");
  EXPECT_EQ(StatusOf("/livez"), 200);
  const httplib::Result answer = NewClient().Get("/readyz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "stopping\n");
}

TEST_F(AdminServerTest, HeadAnswersAsGetWithoutABody) {
  Start();
  const httplib::Result answer = NewClient().Head("/livez");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
}

TEST_F(AdminServerTest, ReplicasAreATableOrTheReasonWhyThereIsNone) {
  Start();
  const httplib::Result answer = NewClient().Get("/replicas");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "a table\n");
  EXPECT_EQ(NewClient().Post("/replicas")->status, 405);
  SetReplicas(absl::UnavailableError("the store is away"));
  const httplib::Result refused = NewClient().Get("/replicas");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->body, "the store is away\n");
}

TEST(ReplicasTextTest, ShowsWhoHasHowManyShards) {
  EXPECT_EQ(*ReplicasText(std::vector<store::ReplicaInfo>{{3, "one", absl::Milliseconds(5140), 64, true},
                                                          {12, "two\x1b[2J", -absl::Seconds(1), 60, false}}),
            "NUMBER   NAME                             LEASE    SHARDS\n"
            "3        one                              5.1 s    64  (this one)\n"
            "12       two?[2J                          0.0 s    60\n"
            "4 shards have no owner\n");
  EXPECT_EQ(ReplicasText(absl::UnavailableError("away")).status(), absl::UnavailableError("away"));
}

TEST_F(AdminServerTest, UnknownPathsAndMethodsAreRefused) {
  Start();
  for (const std::string& path :
       std::vector<std::string>{"/", "/livezz", "/metricsx", "/webhooks/piapi/", "/webhooks/piapi/short",
                                "/webhooks/other/x", "/webhooks/" + kToken, "/webhooks//" + kToken, "/staging/",
                                "/staging/../../etc/passwd", "/staging/%2e%2e%2f%2e%2e%2fetc%2fpasswd"}) {
    EXPECT_EQ(StatusOf(path), 404) << path;
  }
  EXPECT_EQ(StatusOf("/webhooks/piapi/" + kToken), 405);
  const httplib::Result answer = NewClient().Post("/livez");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 405);
  EXPECT_EQ(answer->get_header_value("Allow"), "GET, HEAD");
}

TEST_F(AdminServerTest, ATakenAddressIsAnError) {
  Start();
  const auto second = AdminServer::Listen(server_->address(), {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(server_->address()));
}

// ---- Webhooks ----

TEST_F(AdminServerTest, AWebhookIsHandedOnWithAllItsHeaders) {
  Start();
  const httplib::Result answer =
      PostWebhook("{\"a\": 1}", {{"X-Webhook-Secret", " hush "}, {"X-Twice", "1"}, {"X-Twice", "2"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{}");
  ASSERT_EQ(webhooks().size(), 1u);
  EXPECT_EQ(webhooks()[0].path, "piapi/" + kToken);
  const upstream::WebhookHeaders headers = webhooks()[0].headers;
  EXPECT_EQ(headers.find("x-webhook-secret")->second, "hush");
  EXPECT_EQ(headers.count("x-twice"), 2u);
  EXPECT_EQ(headers.find("content-type")->second, "application/json");
  EXPECT_EQ(webhooks()[0].body, "{\"a\": 1}");
  ASSERT_TRUE(NewClient().Post("/webhooks/other/" + kToken, "{}", "application/json"));
  ASSERT_EQ(webhooks().size(), 2u);
  EXPECT_EQ(webhooks()[1].path, "other/" + kToken);
}

TEST_F(AdminServerTest, WebhooksOfOthersAreRefused) {
  Start();
  SetAnswer(WebhookAnswer::kUnknownPath);
  EXPECT_EQ(PostWebhook("{}")->status, 404);
  SetAnswer(WebhookAnswer::kUnverified);
  EXPECT_EQ(PostWebhook("{}")->status, 401);
}

TEST_F(AdminServerTest, AWebhookMayBe64KiBAndNoMore) {
  Start();
  EXPECT_EQ(PostWebhook(std::string(kMaxWebhookBytes, 'x'))->status, 200);
  const httplib::Result answer = PostWebhook(std::string(kMaxWebhookBytes + 1, 'x'));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(webhooks().size(), 1u);
}

TEST_F(AdminServerTest, AWebhookInChunksHasTheSameLimit) {
  Start();
  const auto post = [&](size_t bytes) {
    return NewClient().Post(
        "/webhooks/piapi/" + kToken,
        [bytes](size_t offset, httplib::DataSink& sink) {
          const std::string piece(std::min<size_t>(bytes - offset, 1000), 'x');
          if (!piece.empty()) sink.write(piece.data(), piece.size());
          if (offset + piece.size() == bytes) sink.done();
          return true;
        },
        "application/json");
  };
  EXPECT_EQ(post(kMaxWebhookBytes)->status, 200);
  const httplib::Result answer = post(kMaxWebhookBytes + 1);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  ASSERT_EQ(webhooks().size(), 1u);
  EXPECT_EQ(webhooks()[0].body.size(), kMaxWebhookBytes);
}

TEST_F(AdminServerTest, BodiesThatCannotBeBoundedAreRefused) {
  Start();
  const std::string post = absl::StrCat("POST /webhooks/piapi/", kToken, " HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(StatusLineOf(post + "\r\n"), "HTTP/1.1 411 Length Required");
  EXPECT_THAT(StatusLineOf(post + "Content-Length: -1\r\n\r\n"), HasSubstr("400"));
  EXPECT_THAT(StatusLineOf(post + "Content-Length: 99999999999999999999\r\n\r\n"), HasSubstr("400"));
  EXPECT_THAT(StatusLineOf(absl::StrCat(post, "Content-Length: ", kMaxWebhookBytes + 1, "\r\n\r\n")), HasSubstr("413"));
  EXPECT_THAT(StatusLineOf(post + "Transfer-Encoding: gzip\r\n\r\n"), HasSubstr("400"));
  EXPECT_THAT(StatusLineOf(post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), HasSubstr("400"));
  EXPECT_THAT(StatusLineOf(post + "Content-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc"), HasSubstr("415"));
  EXPECT_THAT(StatusLineOf(post + "Content-Length: 3\r\nContent-Type: multipart/form-data\r\n\r\nabc"),
              HasSubstr("415"));
  // Chunks of one byte have frames that are larger than what they hold.
  std::string chunks;
  while (chunks.size() < 5 * kMaxWebhookBytes) chunks += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  EXPECT_THAT(StatusLineOf(post + "Transfer-Encoding: chunked\r\n\r\n" + chunks), HasSubstr("400"));
  EXPECT_THAT(webhooks(), IsEmpty());
}

TEST_F(AdminServerTest, ABodyThatEndsTooEarlyIsNoWebhook) {
  AdminServer::Limits limits;
  limits.loop.receive_time = absl::Milliseconds(200);
  Start(limits);
  const std::string post = absl::StrCat("POST /webhooks/piapi/", kToken, " HTTP/1.1\r\nHost: x\r\n");
  EXPECT_THAT(StatusLineOf(post + "Content-Length: 10\r\n\r\nabc"), HasSubstr("400"));
  EXPECT_THAT(webhooks(), IsEmpty());
}

// ---- Heads ----

TEST_F(AdminServerTest, LongHeadsAreRefused) {
  Start();
  EXPECT_EQ(StatusLineOf("GET /livez HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_THAT(StatusLineOf("GET /" + std::string(100000, 'x')), HasSubstr("431"));
  EXPECT_EQ(StatusOf("/livez"), 200);
}

TEST_F(AdminServerTest, AmbiguousHeadsAreRefused) {
  Start();
  const std::string post = absl::StrCat("POST /webhooks/piapi/", kToken, " HTTP/1.1\r\n");
  for (const std::string& head :
       {post + "Content-Length: 1\r\nContent-Length: 2\r\n", post + "Content-Length : 1\r\n",
        post + "Content-Length: 1\r\n folded\r\n", post + "Content-Length: 1\nX: 2\r\n",
        std::string("GET /livez HTTP/2.0\r\n"), std::string("GET /livez\r\n"), std::string("G{T /livez HTTP/1.1\r\n"),
        std::string("GET /livez HTTP/1.1\r\nX: \0\r\n", 27)}) {
    EXPECT_EQ(StatusLineOf(head + "\r\n{}"), "HTTP/1.1 400 Bad Request") << head;
  }
  EXPECT_THAT(webhooks(), IsEmpty());
  EXPECT_EQ(StatusLineOf("GET /livez?verbose HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 OK");
}

TEST_F(AdminServerTest, ChunksAreReadByTheRules) {
  Start();
  const std::string post =
      absl::StrCat("POST /webhooks/piapi/", kToken, " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(StatusLineOf(post + "2;a=b\r\nab\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"), "HTTP/1.1 200 OK");
  ASSERT_EQ(webhooks().size(), 1u);
  EXPECT_EQ(webhooks()[0].body, "ab0123456789");
  for (const char* chunks :
       {"\r\n", "x\r\n", "-1\r\n", "1\r\nab\r\n", "1\r\na\n", "1\na\r\n", "0\r\n\n", "fffffffff\r\n"}) {
    EXPECT_THAT(StatusLineOf(post + chunks), StartsWith("HTTP/1.1 4")) << chunks;
  }
  EXPECT_EQ(webhooks().size(), 1u);
}

TEST_F(AdminServerTest, AClientThatWaitsForLeaveToSendItsBodyGetsIt) {
  Start();
  RawClient client(server_->address());
  client.Send(
      absl::StrCat("POST /webhooks/piapi/", kToken, " HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Read(25), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.Ask("{}"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(AdminServerTest, WhatIsNoHttpIsRefused) {
  Start();
  EXPECT_THAT(StatusLineOf("what?\r\n\r\n"), HasSubstr("400"));
  EXPECT_THAT(StatusLineOf("\r\n\r\n"), HasSubstr("400"));
  EXPECT_THAT(StatusLineOf("GET /livez HTTP/1.1\r\nno colon\r\n\r\n"), Not(StartsWith("HTTP/1.1 5")));
  EXPECT_EQ(StatusOf("/livez"), 200);
}

// Its regular expression would need a stack that grows with the text.
TEST_F(AdminServerTest, ALongRangeHeaderDoesNoHarm) {
  Start();
  Stage(kToken, "0123456789");
  std::string ranges = "bytes=0-1";
  while (ranges.size() < 8000) ranges += ",0-1";
  // By hand: the other headers of a client's library differ, and the head has at most 8 KiB.
  const std::string answer =
      RawClient(server_->address())
          .Ask(absl::StrCat("GET /staging/", kToken, "/upload.mp4 HTTP/1.1\r\nRange: ", ranges, "\r\n\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\n0123456789"));
}

// ---- Staged files ----

TEST_F(AdminServerTest, AStagedFileIsSentWhole) {
  Start();
  std::string bytes(3 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  Stage(kToken, bytes);
  const std::string path = "/staging/" + kToken + "/upload.mp4";
  const httplib::Result answer = NewClient().Get(path);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(answer->body == bytes);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "video/mp4");
  EXPECT_EQ(answer->get_header_value("Content-Length"), absl::StrCat(bytes.size()));
  EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-store");
  EXPECT_EQ(answer->get_header_value("Accept-Ranges"), "bytes");
  const httplib::Result head = NewClient().Head(path);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->get_header_value("Content-Length"), absl::StrCat(bytes.size()));
  EXPECT_EQ(head->body, "");
}

TEST_F(AdminServerTest, RangesOfAStagedFile) {
  Start();
  Stage(kToken, "0123456789");
  struct Case {
    const char* range;
    int status;
    const char* body;
    const char* content_range;
  };
  for (const Case& each : {
           Case{"bytes=0-3", 206, "0123", "bytes 0-3/10"},
           Case{"bytes=4-5", 206, "45", "bytes 4-5/10"},
           Case{"bytes=8-", 206, "89", "bytes 8-9/10"},
           Case{"bytes=-3", 206, "789", "bytes 7-9/10"},
           Case{"bytes=5-100", 206, "56789", "bytes 5-9/10"},
           Case{"bytes=10-", 416, "beyond the end\n", "bytes */10"},
           Case{"bytes=0-1,4-5", 200, "0123456789", ""},
           Case{"nonsense", 200, "0123456789", ""},
       }) {
    const httplib::Result answer = GetRange(each.range);
    ASSERT_TRUE(answer) << each.range;
    EXPECT_EQ(answer->status, each.status) << each.range;
    EXPECT_EQ(answer->body, each.body) << each.range;
    EXPECT_EQ(answer->get_header_value("Content-Range"), each.content_range) << each.range;
  }
}

TEST_F(AdminServerTest, ARangeWithAConditionGivesTheWholeFile) {
  Start();
  Stage(kToken, "0123456789");
  const httplib::Result answer =
      NewClient().Get("/staging/" + kToken + "/x", httplib::Headers{{"Range", "bytes=0-1"}, {"If-Range", "\"tag\""}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "0123456789");
}

TEST_F(AdminServerTest, AnEmptyStagedFileIsSent) {
  Start();
  Stage(kToken, "");
  const httplib::Result answer = NewClient().Get("/staging/" + kToken + "/x");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
}

TEST_F(AdminServerTest, UnknownAndRemovedFilesAreNotFound) {
  Start();
  Stage(kToken, "0123456789");
  EXPECT_EQ(StatusOf("/staging/" + std::string(32, 'b') + "/x"), 404);
  EXPECT_EQ(StatusOf("/staging/" + kToken), 404);
  EXPECT_EQ(StatusOf("/staging/" + kToken + "/"), 404);
  EXPECT_EQ(StatusOf("/staging/" + kToken + "/x"), 200);
  std::filesystem::remove(dir_.File(kToken));
  EXPECT_EQ(StatusOf("/staging/" + kToken + "/x"), 404);
}

TEST_F(AdminServerTest, AFileThatBecameShorterEndsTheConnectionEarly) {
  Start();
  Stage(kToken, "0123456789");
  std::filesystem::resize_file(dir_.File(kToken), 4);
  const httplib::Result answer = NewClient().Get("/staging/" + kToken + "/x");
  EXPECT_FALSE(answer);
}

// ---- Slow and many ----

TEST_F(AdminServerTest, SlowClientsDoNotHoldUpHealth) {
  Start();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->address()));
    slow.back()->Send(i % 2 == 0
                          ? "GET /li"
                          : absl::StrCat("POST /webhooks/piapi/", kToken, " HTTP/1.1\r\nContent-Length: 9\r\n\r\na"));
  }
  EXPECT_EQ(StatusOf("/livez"), 200);
  EXPECT_EQ(StatusOf("/readyz"), 200);
}

TEST_F(AdminServerTest, AClientThatDoesNotSendARequestIsClosed) {
  AdminServer::Limits limits;
  limits.loop.receive_time = absl::Milliseconds(100);
  Start(limits);
  RawClient silent(server_->address());
  EXPECT_EQ(silent.ReadAll(), "");
  RawClient slow(server_->address());
  slow.Send("GET /livez HTTP/1.1\r\n");
  EXPECT_EQ(slow.ReadAll(), "");
}

TEST_F(AdminServerTest, AReaderThatTakesNothingIsClosedAndItsPlaceIsFreeAgain) {
  AdminServer::Limits limits;
  limits.loop.write_pause = absl::Milliseconds(100);
  limits.max_transfers = 1;
  Start(limits);
  // More than the buffers of both sockets hold.
  Stage(kToken, std::string(64 << 20, 'x'));
  RawClient stuck(server_->address());
  stuck.Send("GET /staging/" + kToken + "/x HTTP/1.1\r\nHost: x\r\n\r\n");
  // Others are told to come again while it has the only place.
  int status = 0;
  while ((status = GetRange("bytes=0-0")->status) == 503) std::this_thread::yield();
  EXPECT_EQ(status, 206);
  EXPECT_LT(stuck.ReadAll().size(), size_t{64} << 20);
}

TEST_F(AdminServerTest, FilesBeyondTheLimitAreAskedForLater) {
  AdminServer::Limits limits;
  limits.max_transfers = 0;
  Start(limits);
  Stage(kToken, "0123456789");
  const httplib::Result answer = NewClient().Get("/staging/" + kToken + "/x");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->get_header_value("Retry-After"), "5");
}

TEST_F(AdminServerTest, AConnectionBeyondTheLimitTakesThePlaceOfTheOldestThatSentNoRequest) {
  AdminServer::Limits limits;
  limits.loop.max_connections = 2;
  limits.loop.receive_time = absl::Minutes(10);
  Start(limits);
  RawClient first(server_->address());
  first.Send("GET /livez HT");
  RawClient second(server_->address());
  RawClient third(server_->address());
  EXPECT_EQ(first.ReadAll(), "");
  EXPECT_THAT(second.Ask("GET /livez HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(third.Ask("GET /livez HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// ---- Stop ----

TEST_F(AdminServerTest, StopBreaksOpenConnectionsOff) {
  Start();
  Stage(kToken, std::string(64 << 20, 'x'));
  RawClient idle(server_->address());
  RawClient half(server_->address());
  half.Send("GET /livez HTTP/1.1\r\n");
  RawClient reading(server_->address());
  reading.Send("GET /staging/" + kToken + "/x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(StatusOf("/livez"), 200);
  const auto begin = std::chrono::steady_clock::now();
  server_->Stop();
  server_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_EQ(half.ReadAll(), "");
  EXPECT_LT(reading.ReadAll().size(), size_t{64} << 20);
  EXPECT_FALSE(RawClient(server_->address()).connected());
}

TEST_F(AdminServerTest, WithoutHooksThereIsHealthOnly) {
  auto listening = AdminServer::Listen("127.0.0.1:0", {});
  ASSERT_TRUE(listening.ok());
  server_ = *std::move(listening);
  server_->Start({});
  EXPECT_EQ(StatusOf("/readyz"), 200);
  EXPECT_EQ(StatusOf("/staging/" + kToken + "/x"), 404);
  EXPECT_EQ(PostWebhook("{}")->status, 404);
}

TEST(AdminLoopDeathTest, ALoopThatCannotHaveItsThreadSaysSo) {
  const auto child = [] {
    testing::AllowNewThreads(false);
    try {
      AdminLoop loop("admin", {}, [](std::unique_ptr<AdminConnection>) {});
    } catch (const base::ThreadStartError& error) {
      std::cerr << error.what() << "\n";
      _exit(0);
    }
    _exit(1);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "cannot start thread `admin`");
}

}  // namespace
}  // namespace seedance::server
