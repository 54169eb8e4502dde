// Bodies that are streamed, up and down.

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/match.h"
#include "service/http/http_transport.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/text_source.h"
#include "tests/unit/http/trick_server.h"

namespace seedance::http {
namespace {

class CollectingSink : public ByteSink {
 public:
  bool OnHeaders(int status, const std::map<std::string, std::string>& headers) override {
    status_ = status;
    headers_ = headers;
    return true;
  }
  bool OnBytes(std::string_view bytes) override {
    if (limit_ > 0 && bytes_.size() + bytes.size() > limit_) return false;
    bytes_.append(bytes);
    return true;
  }

  size_t limit_ = 0;
  int status_ = 0;
  std::map<std::string, std::string> headers_;
  std::string bytes_;
};

// `size` bytes in pieces of 64 KiB; keeps the largest resident set seen meanwhile.
class GeneratedSource : public ByteSource {
 public:
  GeneratedSource(int64_t size, bool known) : left_(size), size_(size), known_(known) {}

  absl::StatusOr<std::string> Next() override {
    const int64_t piece = std::min<int64_t>(left_, 64 << 10);
    left_ -= piece;
    peak_kb_ = std::max(peak_kb_, ResidentKb());
    return std::string(static_cast<size_t>(piece), 'x');
  }
  std::optional<int64_t> Size() const override { return known_ ? std::optional<int64_t>(size_) : std::nullopt; }

  static int64_t ResidentKb() {
    std::ifstream status("/proc/self/status");
    std::string word;
    int64_t kb = 0;
    while (status >> word) {
      if (word == "VmRSS:") status >> kb;
    }
    return kb;
  }
  int64_t peak_kb() const { return peak_kb_; }

 private:
  int64_t left_;
  const int64_t size_;
  const bool known_;
  int64_t peak_kb_ = 0;
};

// Sanitizers keep freed memory for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsCounted = false;
#else
constexpr bool kMemoryIsCounted = true;
#endif

TEST(HttpStreams, UploadsOfFiftyMegabytesTakeNoMemory) {
  for (const bool known : {true, false}) {
    constexpr int64_t kSize = 50 << 20;
    std::string head;
    size_t received = 0;
    TrickServer server([&](Peer& peer, int) {
      head = peer.ReadRequest();
      received = peer.body_bytes();
      peer.Send(OkReply("{}"));
    });
    auto transport = MakeHttpTransport({});
    GeneratedSource source(kSize, known);
    HttpRequest request = Post(server.url(), "");
    request.source = &source;
    request.timeout = absl::Minutes(1);
    const int64_t before = GeneratedSource::ResidentKb();
    EXPECT_EQ(transport->Send(request).outcome, HttpOutcome::kReply);
    if (kMemoryIsCounted) {
      EXPECT_LT(source.peak_kb() - before, 4 << 10);
    }
    EXPECT_GE(received, static_cast<size_t>(kSize));
    EXPECT_EQ(absl::StrContains(head, "Content-Length: 52428800"), known);
    EXPECT_EQ(absl::StrContains(head, "Transfer-Encoding: chunked"), !known);
  }
}

class BrokenSource : public TextSource {
 public:
  BrokenSource() : TextSource("") {}
  absl::StatusOr<std::string> Next() override { return absl::AbortedError("the caller left"); }
  std::optional<int64_t> Size() const override { return 10; }
};

class LyingSource : public TextSource {
 public:
  explicit LyingSource(int64_t size) : TextSource("12345"), size_(size) {}
  std::optional<int64_t> Size() const override { return size_; }

 private:
  const int64_t size_;
};

TEST(HttpStreams, SourceThatFailsOrLiesBreaksOff) {
  TrickServer server([](Peer& peer, int) { peer.AwaitClose(); });
  auto transport = MakeHttpTransport({});
  BrokenSource broken;
  LyingSource shorter(10);
  LyingSource longer(3);
  for (ByteSource* source : std::initializer_list<ByteSource*>{&broken, &shorter, &longer}) {
    HttpRequest request = Post(server.url(), "");
    request.source = source;
    EXPECT_EQ(transport->Send(request).outcome, HttpOutcome::kCancelled);
  }
}

TEST(HttpStreams, AnswerGivenBeforeTheWholeBodyWasReadIsSeen) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\n\r\n{}");
    peer.AwaitClose();
  });
  GeneratedSource source(50 << 20, true);
  HttpRequest request = Post(server.url(), "");
  request.source = &source;
  const HttpReply reply = MakeHttpTransport({})->Send(request);
  EXPECT_EQ(reply.outcome, HttpOutcome::kReply) << reply.error;
  EXPECT_EQ(reply.status, 413);
}

TEST(HttpStreams, FetchStreamsToTheSink) {
  const std::string body(1 << 20, 'v');
  TrickServer server([&](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(OkReply(body));
  });
  CollectingSink sink;
  const HttpReply reply = MakeHttpTransport({})->Fetch(Get(server.url()), sink);
  EXPECT_EQ(reply.outcome, HttpOutcome::kReply);
  EXPECT_TRUE(reply.body.empty());
  EXPECT_EQ(sink.status_, 200);
  EXPECT_EQ(sink.headers_.at("content-length"), "1048576");
  EXPECT_EQ(sink.bytes_, body);
}

TEST(HttpStreams, FetchGivesBodiesOfErrorsInTheReply) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nexpired");
  });
  CollectingSink sink;
  const HttpReply reply = MakeHttpTransport({})->Fetch(Get(server.url()), sink);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.body, "expired");
  EXPECT_EQ(sink.status_, 0);
}

TEST(HttpStreams, SinkThatRefusesBreaksOff) {
  TrickServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(OkReply(std::string(1 << 20, 'v')));
  });
  CollectingSink sink;
  sink.limit_ = 10000;
  EXPECT_EQ(MakeHttpTransport({})->Fetch(Get(server.url()), sink).outcome, HttpOutcome::kCancelled);
}

}  // namespace
}  // namespace seedance::http
