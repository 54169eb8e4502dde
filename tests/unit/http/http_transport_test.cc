#include "service/http/http_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "absl/strings/match.h"
#include "service/base/clock.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/trick_server.h"

namespace seedance::http {
namespace {

using ::testing::HasSubstr;

// On a busy machine, and much less than what it would be without the limit under test.
constexpr absl::Duration kSoon = absl::Seconds(20);

absl::Duration TimeOf(const std::function<void()>& work) {
  const absl::Time start = base::RealClock().Now();
  work();
  return base::RealClock().Now() - start;
}

// ---- Plain exchanges ----

TEST(HttpTransport, SendsWhatItIsGivenAndReadsTheReply) {
  std::string head;
  TrickServer server([&](Peer& peer, int) {
    head = peer.ReadRequest();
    peer.Send("HTTP/1.1 201 Created\r\nX-Thing: A\r\nContent-Length: 2\r\n\r\n{}");
    peer.AwaitClose();
  });
  auto transport = MakeHttpTransport({});
  HttpRequest request = Post(server.url("/a/b?c=%2F+d"), R"({"x":1})");
  request.headers.emplace_back("Authorization", "Bearer k");
  const HttpReply reply = transport->Send(request);
  EXPECT_EQ(reply.outcome, HttpOutcome::kReply) << reply.error;
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "{}");
  EXPECT_EQ(reply.headers.at("x-thing"), "A");
  EXPECT_TRUE(absl::StartsWith(head, "POST /a/b?c=%2F+d HTTP/1.1\r\n")) << head;
  EXPECT_THAT(head, HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer k\r\n"));
  EXPECT_THAT(head, HasSubstr("User-Agent: seedance-gateway\r\n"));
}

TEST(HttpTransport, DoesNotFollowRedirects) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  const HttpReply reply = MakeHttpTransport({})->Send(Get(server.url()));
  EXPECT_EQ(reply.outcome, HttpOutcome::kReply);
  EXPECT_EQ(reply.status, 302);
}

TEST(HttpTransport, ReadsRepliesWithoutABodyAndInChunks) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 204 No Content\r\n\r\n");
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  });
  auto transport = MakeHttpTransport({});
  EXPECT_EQ(transport->Send(Get(server.url())).status, 204);
  EXPECT_EQ(transport->Send(Get(server.url())).body, "abcde");
  const HttpReply last = transport->Send(Get(server.url()));
  EXPECT_EQ(last.outcome, HttpOutcome::kReply);
  EXPECT_EQ(last.body, "until the end");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpTransport, RefusesUrlsAndHeadersThatAreNotUsable) {
  auto transport = MakeHttpTransport({});
  for (const char* url : {"", "ftp://a/", "http://", "http://user@h/", "http://h/a b", "http://h:99999/", "h/a"}) {
    EXPECT_EQ(transport->Send(Get(url)).outcome, HttpOutcome::kNotSent) << url;
  }
  TrickServer server([](Peer& peer, int) { peer.AwaitClose(); });
  HttpRequest request = Get(server.url());
  request.headers.emplace_back("X", "a\r\nY: b");
  EXPECT_EQ(transport->Send(request).outcome, HttpOutcome::kNotSent);
}

// ---- What a failure means ----

TEST(HttpTransport, RefusedConnectionIsNotSent) {
  int port = 0;
  {
    port = TrickServer([](Peer&, int) {}).port();
  }
  const HttpReply reply = MakeHttpTransport({})->Send(Post("http://127.0.0.1:" + std::to_string(port), "{}"));
  EXPECT_EQ(reply.outcome, HttpOutcome::kNotSent);
  EXPECT_FALSE(reply.error.empty());
}

TEST(HttpTransport, UnknownHostIsNotSent) {
  EXPECT_EQ(MakeHttpTransport({})->Send(Get("http://host.invalid/")).outcome, HttpOutcome::kNotSent);
}

TEST(HttpTransport, ResetAfterTheRequestIsNoReply) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.ResetOnClose();
  });
  HttpRequest request = Post(server.url(), "{}");
  request.billed = true;
  EXPECT_EQ(MakeHttpTransport({})->Send(request).outcome, HttpOutcome::kNoReply);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpTransport, PartOfAHeadIsNoReply) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Le");
  });
  EXPECT_EQ(MakeHttpTransport({})->Send(Get(server.url())).outcome, HttpOutcome::kNoReply);
}

struct CutRow {
  const char* name;
  const char* reply;
};

const CutRow kCutReplies[] = {
    {"ShortLength", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"Id\""},
    {"NoBodyAtAll", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"},
    {"ChunkCut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"},
    {"NoLastChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"},
    {"ChunkCutInsideItsLineEnd", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r"},
    {"ChunkLongerThanItSays", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n"},
    {"LastChunkCut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"},
};

class CutReplyTest : public ::testing::TestWithParam<CutRow> {};

TEST_P(CutReplyTest, IsNotTakenForWhole) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(GetParam().reply);
  });
  const HttpReply reply = MakeHttpTransport({})->Send(Post(server.url(), "{}"));
  EXPECT_EQ(reply.outcome, HttpOutcome::kReplyCut) << reply.body;
  EXPECT_EQ(reply.status, 200);
}

INSTANTIATE_TEST_SUITE_P(Replies, CutReplyTest, ::testing::ValuesIn(kCutReplies),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HttpTransport, StatusLineAndHeadAreBounded) {
  TrickServer server([](Peer& peer, int number) {
    peer.ReadRequest();
    const std::string filler(1 << 20, 'x');
    peer.Send(number == 1 ? "HTTP/1.1 200 " + filler : "HTTP/1.1 200 OK\r\n");
    for (int i = 0; number != 1 && i < 1000; ++i) {
      if (!peer.Send("X-" + std::to_string(i) + ": " + filler.substr(0, 4000) + "\r\n")) return;
    }
  });
  auto transport = MakeHttpTransport({});
  EXPECT_EQ(transport->Send(Post(server.url(), "{}")).outcome, HttpOutcome::kNoReply);
  EXPECT_EQ(transport->Send(Post(server.url(), "{}")).outcome, HttpOutcome::kNoReply);
}

TEST(HttpTransport, LongerBodyThanAllowedIsCut) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(OkReply(std::string(100000, 'x')));
  });
  HttpRequest request = Post(server.url(), "{}");
  request.max_reply_bytes = 1000;
  const HttpReply reply = MakeHttpTransport({})->Send(request);
  EXPECT_EQ(reply.outcome, HttpOutcome::kReplyCut);
  EXPECT_EQ(reply.status, 200);
  EXPECT_LE(reply.body.size(), 1000u);
}

// ---- Deadline and cancellation ----

TEST(HttpTransport, DrippingBodyEndsAtTheDeadline) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    // The slow drip is the fault under test.
    while (peer.Send("x")) (void)peer.AwaitInput(absl::Milliseconds(5));
  });
  HttpRequest request = Get(server.url());
  request.timeout = absl::Milliseconds(200);
  HttpReply reply;
  const absl::Duration took = TimeOf([&] { reply = MakeHttpTransport({})->Send(request); });
  EXPECT_EQ(reply.outcome, HttpOutcome::kReplyCut);
  EXPECT_EQ(reply.error, "time-out");
  EXPECT_LT(took, kSoon);
}

TEST(HttpTransport, DrippingHeadEndsAtTheDeadline) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nX: ");
    // As above.
    while (peer.Send("x")) (void)peer.AwaitInput(absl::Milliseconds(5));
  });
  HttpRequest request = Post(server.url(), "{}");
  request.timeout = absl::Milliseconds(200);
  HttpReply reply;
  const absl::Duration took = TimeOf([&] { reply = MakeHttpTransport({})->Send(request); });
  EXPECT_EQ(reply.outcome, HttpOutcome::kNoReply);
  EXPECT_LT(took, kSoon);
}

TEST(HttpTransport, PeerThatReadsNothingCutsTheRequestAtTheDeadline) {
  Signal done;
  TrickServer server([&](Peer&, int) { done.Wait(); });
  HttpRequest request = Post(server.url(), std::string(32 << 20, 'x'));
  request.timeout = absl::Milliseconds(200);
  EXPECT_EQ(MakeHttpTransport({})->Send(request).outcome, HttpOutcome::kRequestCut);
  done.Set();
}

TEST(HttpTransport, CancellationEndsTheWaitAtOnce) {
  auto cancel = std::make_shared<base::CancelToken>();
  absl::Time cancelled;
  TrickServer server([&](Peer& peer, int) {
    peer.ReadRequest();
    cancelled = base::RealClock().Now();
    cancel->Cancel();
    peer.AwaitClose();
  });
  HttpRequest request = Get(server.url());
  request.timeout = absl::Minutes(2);
  request.cancel = cancel;
  const HttpReply reply = MakeHttpTransport({})->Send(request);
  EXPECT_LT(base::RealClock().Now() - cancelled, kSoon);
  EXPECT_EQ(reply.outcome, HttpOutcome::kCancelled);
  EXPECT_EQ(MakeHttpTransport({})->Send(request).outcome, HttpOutcome::kCancelled);
}

TEST(HttpTransport, TheConnectTimeLimitHoldsForTheTlsHandshakeToo) {
  TrickServer server([](Peer& peer, int) { peer.AwaitClose(); });
  HttpOptions options;
  options.connect_timeout = absl::Milliseconds(100);
  HttpRequest request = Get("https://127.0.0.1:" + std::to_string(server.port()));
  request.timeout = absl::Minutes(2);
  HttpReply reply;
  const absl::Duration took = TimeOf([&] { reply = MakeHttpTransport(options)->Send(request); });
  EXPECT_EQ(reply.outcome, HttpOutcome::kNotSent);
  EXPECT_LT(took, kSoon);
}

// ---- Reuse of connections ----

TEST(HttpTransport, ConnectionsAreReusedForReads) {
  TrickServer server([](Peer& peer, int) {
    while (!peer.ReadRequest().empty()) peer.Send(OkReply("{}"));
  });
  auto transport = MakeHttpTransport({});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(transport->Send(Get(server.url())).outcome, HttpOutcome::kReply);
  EXPECT_EQ(transport->Send(Post(server.url(), "{}")).outcome, HttpOutcome::kReply);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpTransport, RequestsThatAreBilledOrChangeSomethingHaveNewConnectionsThatReadsReuse) {
  HttpRequest billed = Post("", "{}");
  billed.billed = true;
  HttpRequest change = Post("", "{}");
  change.changes = true;
  HttpRequest removal = Get("");
  removal.method = "DELETE";
  for (HttpRequest& request : std::vector<HttpRequest>{billed, change, removal}) {
    TrickServer server([](Peer& peer, int) {
      while (!peer.ReadRequest().empty()) peer.Send(OkReply("{}"));
    });
    request.url = server.url();
    auto transport = MakeHttpTransport({});
    EXPECT_EQ(transport->Send(Get(server.url())).outcome, HttpOutcome::kReply);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(transport->Send(request).outcome, HttpOutcome::kReply);
    EXPECT_EQ(transport->Send(Get(server.url())).outcome, HttpOutcome::kReply);
    EXPECT_EQ(server.connections(), 3) << request.method;
  }
}

TEST(HttpTransport, AGetOnADeadConnectionIsSentOnceMore) {
  TrickServer server([](Peer& peer, int number) {
    peer.ReadRequest();
    peer.Send(OkReply("{}"));
    // The first connection dies under the second request.
    if (!peer.ReadRequest().empty() && number > 1) peer.Send(OkReply("{}"));
  });
  auto transport = MakeHttpTransport({});
  EXPECT_EQ(transport->Send(Get(server.url())).outcome, HttpOutcome::kReply);
  EXPECT_EQ(transport->Send(Get(server.url())).outcome, HttpOutcome::kReply);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpTransport, NothingElseIsEverSentAgain) {
  HttpRequest billed = Post("", "{}");
  billed.billed = true;
  // Deleted twice, the second answer would be taken for the first one's.
  HttpRequest removal = Get("");
  removal.method = "DELETE";
  for (HttpRequest& request : std::vector<HttpRequest>{Post("", "{}"), billed, removal}) {
    std::atomic<int> requests = 0;
    TrickServer server([&requests](Peer& peer, int) {
      while (!peer.ReadRequest().empty()) {
        // The connection dies under each second request.
        if (++requests % 2 == 0) return;
        peer.Send(OkReply("{}"));
      }
    });
    request.url = server.url();
    auto transport = MakeHttpTransport({});
    EXPECT_EQ(transport->Send(request).outcome, HttpOutcome::kReply) << request.method;
    EXPECT_EQ(transport->Send(request).outcome, HttpOutcome::kNoReply) << request.method;
    EXPECT_EQ(requests, 2) << request.method;
  }
}

TEST(HttpTransport, ConnectionClosedWhileIdleIsNotUsed) {
  Signal closed;
  TrickServer server([&](Peer& peer, int number) {
    while (!peer.ReadRequest().empty()) {
      peer.Send(OkReply("{}"));
      if (number > 1) continue;
      peer.Close();
      closed.Set();
    }
  });
  auto transport = MakeHttpTransport({});
  const HttpRequest read = Post(server.url(), "{}");
  EXPECT_EQ(transport->Send(read).outcome, HttpOutcome::kReply);
  closed.Wait();
  EXPECT_EQ(transport->Send(read).outcome, HttpOutcome::kReply);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpTransport, AfterATimeOutTheNextCallDoesNotGetTheEarlierAnswer) {
  Signal late;
  TrickServer server([&](Peer& peer, int) {
    const std::string head = peer.ReadRequest();
    if (absl::StrContains(head, "GET /slow")) late.Wait();
    peer.Send(OkReply(absl::StrContains(head, "GET /slow") ? "slow" : "fast"));
    peer.AwaitClose();
  });
  auto transport = MakeHttpTransport({});
  HttpRequest slow = Get(server.url("/slow"));
  slow.timeout = absl::Milliseconds(50);
  EXPECT_EQ(transport->Send(slow).outcome, HttpOutcome::kNoReply);
  late.Set();
  EXPECT_EQ(transport->Send(Get(server.url("/fast"))).body, "fast");
}

TEST(HttpTransport, BytesBeyondAReplyAreNotTakenForTheNext) {
  TrickServer server([](Peer& peer, int) {
    while (!peer.ReadRequest().empty()) peer.Send(OkReply("mine") + OkReply("not yours"));
  });
  auto transport = MakeHttpTransport({});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(transport->Send(Get(server.url())).body, "mine");
}

}  // namespace
}  // namespace seedance::http
