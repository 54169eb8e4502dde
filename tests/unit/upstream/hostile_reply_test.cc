// Replies that are built to waste memory, time or the stack, over real sockets. Each must end in a moment, with what is
// kept of it bounded, and never as a whole reply.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "service/base/error.h"
#include "service/http/http_transport.h"
#include "service/upstream/anyfast/anyfast.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/trick_server.h"

namespace seedance::upstream {
namespace {

using base::Reason;

struct HostileRow {
  const char* name;
  std::string begin;
  std::string again;  // Sent until the client has enough.
  http::HttpOutcome outcome;
};

constexpr char kChunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::vector<HostileRow> HostileReplies() {
  const std::string filler(4096, 'x');
  return {
      {"EndlessHeaders", "HTTP/1.1 200 OK\r\n", "X: " + filler + "\r\n", http::HttpOutcome::kNoReply},
      {"EndlessTinyHeaders", "HTTP/1.1 200 OK\r\n", "a:\r\n", http::HttpOutcome::kNoReply},
      {"EndlessHeaderLine", "HTTP/1.1 200 OK\r\nX: ", filler, http::HttpOutcome::kNoReply},
      {"EndlessStatusLine", "HTTP/1.1 200 ", filler, http::HttpOutcome::kNoReply},
      {"EndlessInterimAnswers", "", "HTTP/1.1 100 Continue\r\n\r\n", http::HttpOutcome::kNoReply},
      {"LongStatusLineBehindAnInterimAnswer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ", filler,
       http::HttpOutcome::kNoReply},
      // httplib takes the second line behind the interim one for a status line.
      {"LongLineInsideAnInterimAnswer", "HTTP/1.1 100 Continue\r\nX: y\r\nHTTP/1.1 200 ", filler,
       http::HttpOutcome::kNoReply},
      {"EndlessChunkExtension", std::string(kChunked) + "1;", filler, http::HttpOutcome::kReplyCut},
      {"EndlessChunkLength", std::string(kChunked), "0000", http::HttpOutcome::kReplyCut},
      {"TinyChunksWithLongExtensions", kChunked, "1;" + filler + "\r\nx\r\n", http::HttpOutcome::kReplyCut},
      {"EndlessBody", "HTTP/1.1 200 OK\r\n\r\n", filler, http::HttpOutcome::kReplyCut},
      {"EndlessBodyInChunks", kChunked, "1000\r\n" + filler + "\r\n", http::HttpOutcome::kReplyCut},
  };
}

class HostileReplyTest : public ::testing::TestWithParam<HostileRow> {};

TEST_P(HostileReplyTest, IsBrokenOffLongBeforeTheDeadline) {
  const HostileRow& row = GetParam();
  std::atomic<size_t> sent = 0;
  http::TrickServer server([&](http::Peer& peer, int) {
    peer.ReadRequest();
    std::string again;
    while (again.size() < (64 << 10)) again += row.again;
    for (bool open = peer.Send(row.begin); open; sent += again.size()) open = peer.Send(again);
  });
  http::HttpRequest request = http::Post(server.url(), "{}");
  request.billed = true;
  request.timeout = absl::Minutes(5);
  const http::HttpReply reply = http::MakeHttpTransport({})->Send(request);
  EXPECT_EQ(reply.outcome, row.outcome) << reply.error;
  EXPECT_NE(reply.error, "time-out");
  EXPECT_LE(reply.body.size(), request.max_reply_bytes);
  // What was read, and what the sockets of both sides hold.
  EXPECT_LE(sent, size_t{40} << 20);
}

INSTANTIATE_TEST_SUITE_P(Replies, HostileReplyTest, ::testing::ValuesIn(HostileReplies()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HostileReply, FramingOfHonestRepliesIsNotCounted) {
  http::TrickServer server([](http::Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kChunked);
    // One byte a chunk is the worst that honest servers do.
    std::string chunks;
    for (int i = 0; i < 20'000; ++i) chunks += "1\r\nx\r\n";
    peer.Send(chunks + "0\r\n\r\n");
  });
  http::HttpRequest request = http::Get(server.url());
  request.timeout = absl::Minutes(1);
  const http::HttpReply reply = http::MakeHttpTransport({})->Send(request);
  EXPECT_EQ(reply.outcome, http::HttpOutcome::kReply) << reply.error;
  EXPECT_EQ(reply.body.size(), 20'000u);
}

TEST(HostileReply, CompressedBodiesAreNotInflated) {
  // A client that asked for no encoding gets the bytes as they are.
  const std::string bomb = "\x1f\x8b\x08" + std::string(1000, '\0');
  http::TrickServer server([&](http::Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(bomb.size()) +
              "\r\n\r\n" + bomb);
  });
  const http::HttpReply reply = http::MakeHttpTransport({})->Send(http::Get(server.url()));
  EXPECT_EQ(reply.outcome, http::HttpOutcome::kReply);
  EXPECT_EQ(reply.body, bomb);
}

// ---- What a create comes to ----

BilledResult<std::string> CreateAgainst(const std::string& body) {
  http::TrickServer server([&](http::Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(http::OkReply(body));
  });
  AnyFastOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(server.port());
  return MakeAnyFast(options, http::MakeHttpTransport({}), base::RealClock())->tasks().CreateTask({}, {});
}

TEST(HostileReply, ACreateAnsweredWithATreeBeyondTheLimitsIsInDoubtNeverNotAccepted) {
  std::string nested(1'900'000, '[');
  nested += std::string(1'900'000, ']');
  std::string wide = R"({"id":"t","x":[)";
  for (int i = 0; i < 1'000'000; ++i) wide += "[],";
  wide += "[]]}";
  for (const std::string& body : {nested, wide}) {
    const BilledResult<std::string> result = CreateAgainst(body);
    EXPECT_EQ(result.acceptance, Acceptance::kUnknown);
    EXPECT_EQ(base::GetReason(result.status), Reason::kOutcomeUnknown);
  }
}

TEST(HostileReply, AResultLinkOfMegabytesIsNone) {
  const std::string link = "https://cdn.example/" + std::string(1'000'000, 'x');
  http::TrickServer server([&](http::Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(
        http::OkReply(R"({"code":"success","data":{"task_id":"t","status":"SUCCESS","result_url":")" + link + "\"}}"));
  });
  AnyFastOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(server.port());
  const auto report = MakeAnyFast(options, http::MakeHttpTransport({}), base::RealClock())->tasks().GetTask({}, "t");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->state, model::TaskState::kRunning) << "a success without a result is none";
}

}  // namespace
}  // namespace seedance::upstream
