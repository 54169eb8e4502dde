// Files behind callers' URLs, over real sockets.

#include "service/upstream/media_fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/media/prober.h"
#include "tests/testing/media_builder.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/trick_server.h"
#include "tests/unit/upstream/media_servers.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using ::testing::HasSubstr;

std::string Redirect(const std::string& location, int status = 302) {
  return absl::StrCat("HTTP/1.1 ", status, " X\r\nLocation: ", location, "\r\nContent-Length: 0\r\n\r\n");
}

TEST(MediaFetch, TheWholeFileArrivesWithRangesAndWithout) {
  const std::string file = Bytes(3'000'000);
  for (const bool knows_ranges : {true, false}) {
    FileServer server(file, knows_ranges);
    Collector reader;
    const auto fetched = Read(server.url(), reader);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(fetched->complete);
    EXPECT_EQ(fetched->size, 3'000'000);
    EXPECT_TRUE(reader.bytes_ == file);
    EXPECT_EQ(reader.size_, 3'000'000);
    EXPECT_EQ(reader.starts_, 1);
    EXPECT_FALSE(server.saw_credentials());
  }
}

TEST(MediaFetch, AWholeFileIsOneRequest) {
  FileServer server(Bytes(3'000'000), true);
  Collector reader;
  ASSERT_TRUE(Read(server.url(), reader, /*whole=*/true)->complete);
  EXPECT_EQ(reader.bytes_.size(), 3'000'000u);
  EXPECT_EQ(server.requests(), 1);
}

TEST(MediaFetch, WhatIsNotNeededIsLeftOut) {
  const std::string file = Bytes(5'000'000);
  for (const bool knows_ranges : {true, false}) {
    FileServer server(file, knows_ranges);
    Collector reader;
    reader.skip_after_ = 1;
    reader.skip_next_ = 4'900'000;
    const auto fetched = Read(server.url(), reader);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(fetched->complete);
    EXPECT_EQ(std::ssize(reader.bytes_) + reader.skipped_, 5'000'000);
    EXPECT_TRUE(absl::EndsWith(file, reader.bytes_.substr(reader.bytes_.size() - 50'000)));
    if (knows_ranges) {
      EXPECT_LT(server.bytes_served(), 300'000);
    }
  }
}

TEST(MediaFetch, OfABigMovieWithItsHeadersAtTheEndOnlyTheseAreRead) {
  testing::MediaSpec spec;
  spec.format = "mp4";
  spec.layout = testing::MovieLayout::kLast;
  spec.size_bytes = 40 << 20;
  FileServer server(testing::MakeMedia(spec), true);
  ProbedFile file;
  const auto fetched = Read(server.url(), file);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->size, 40 << 20);
  if (fetched->complete) file.prober_->Finish();
  EXPECT_EQ(file.prober_->findings().state, media::Findings::State::kKnown) << file.prober_->findings().problem;
  EXPECT_EQ(file.prober_->findings().info.width, 640);
  EXPECT_LT(server.bytes_served(), 1 << 20);
  EXPECT_LE(server.requests(), 10);
}

TEST(MediaFetch, AReaderThatHasEnoughEndsTheTransfer) {
  for (const bool whole : {true, false}) {
    FileServer server(Bytes(60 << 20), true);
    Collector reader(10'000);
    const auto fetched = Read(server.url(), reader, whole);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_FALSE(fetched->complete);
    EXPECT_LT(reader.bytes_.size(), 1'000'000u);
    EXPECT_LT(server.bytes_served(), 20 << 20) << "what fits into the sockets";
  }
  FileServer server(Bytes(1000), true);
  Collector nothing(0);
  EXPECT_FALSE(Read(server.url(), nothing)->complete);
  EXPECT_EQ(nothing.bytes_, "");
}

TEST(MediaFetch, AFileOfUnknownLengthIsReadToItsEnd) {
  Replies chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n");
  Collector reader;
  const auto fetched = Read(chunked.url(), reader);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(fetched->complete);
  EXPECT_EQ(fetched->size, 0);
  EXPECT_EQ(reader.bytes_, "12345");
}

TEST(MediaFetch, AnEmptyFileHasNoBytes) {
  Replies empty("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  Collector reader;
  EXPECT_TRUE(Read(empty.url(), reader)->complete);
  Replies no_range("HTTP/1.1 416 X\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(Read(no_range.url(), reader)->complete);
  EXPECT_EQ(reader.bytes_, "");
}

TEST(MediaFetch, AServerThatRefusesTheFirstRangeIsAskedForTheFile) {
  const std::string file = Bytes(200'000);
  for (const std::string range : {"", "Content-Range: bytes */200000\r\n", "Content-Range: bytes */*\r\n"}) {
    std::atomic<int> requests{0};
    http::TrickServer server([&](http::Peer& peer, int) {
      for (std::string head = peer.ReadHead(); !head.empty(); head = peer.ReadHead()) {
        ++requests;
        peer.Send(absl::StrContains(head, "Range:")
                      ? absl::StrCat("HTTP/1.1 416 X\r\n", range, "Content-Length: 2\r\n\r\nno")
                      : absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", file.size(), "\r\n\r\n", file));
      }
    });
    Collector reader;
    const auto fetched = Read(server.url(), reader);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(fetched->complete);
    EXPECT_EQ(reader.bytes_, file);
    EXPECT_EQ(requests, 2);
  }
}

TEST(MediaFetch, AServerThatRefusesTheWholeFileTooIsAnError) {
  for (const bool whole : {false, true}) {
    Replies server("HTTP/1.1 416 X\r\nContent-Length: 0\r\n\r\n");
    Collector reader;
    const absl::Status status = Read(server.url(), reader, whole).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("answered 416"));
    EXPECT_EQ(reader.starts_, 0);
  }
}

// A PNG of many small chunks, each of which may be skipped.
TEST(MediaFetch, AFileOfManyPiecesTakesFewRequestsWhateverTheirLength) {
  const auto chunk = [](const std::string& type, size_t size) {
    std::string length;
    for (int shift = 24; shift >= 0; shift -= 8) length += static_cast<char>(size >> shift & 0xff);
    return length + type + std::string(size + 4, 'x');
  };
  for (const size_t size : {8'192, 133'000, 262'144, 409'600, 2'000'000}) {
    std::string file("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\2\0\0\0\1\0\x08\2\0\0\0....", 33);
    while (file.size() < 30'000'000) file += chunk("IDAT", size);
    FileServer server(file + chunk("IEND", 0), true);
    ProbedFile probed;
    const auto fetched = Read(server.url(), probed);
    ASSERT_TRUE(fetched.ok()) << size << ": " << fetched.status();
    EXPECT_EQ(probed.prober_->findings().state, media::Findings::State::kKnown);
    EXPECT_LT(server.requests(), 50) << size;
  }
}

void ExpectRefused(const std::string& url, const std::string& words, const MediaFetchOptions& options) {
  Collector reader;
  const absl::Status status = Read(url, reader, false, options).status();
  EXPECT_EQ(base::GetReason(status), Reason::kUpstreamUnavailable) << url;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words)) << url;
  EXPECT_EQ(reader.starts_, 0);
}

TEST(MediaFetch, AnswersThatAreNoFileAreErrorsWithTheirStatus) {
  for (const int status : {204, 400, 401, 403, 404, 410, 500, 503}) {
    Replies server(absl::StrCat("HTTP/1.1 ", status, " X\r\nContent-Length: 0\r\n\r\n"));
    ExpectRefused(server.url(), absl::StrCat("answered ", status), Anywhere());
  }
}

TEST(MediaFetch, FewerBytesThanAnnouncedAreAnError) {
  Replies server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
  Collector reader;
  EXPECT_FALSE(Read(server.url(), reader).ok());
}

TEST(MediaFetch, AFileThatChangesMeanwhileIsAnError) {
  http::TrickServer server([](http::Peer& peer, int) {
    for (int part = 0; !peer.ReadHead().empty(); ++part) {
      peer.Send(absl::StrCat("HTTP/1.1 206 X\r\nETag: \"", part, "\"\r\nContent-Range: bytes ", part * 65536, "-",
                             part * 65536 + 65535, "/1000000\r\nContent-Length: 65536\r\n\r\n",
                             std::string(65536, 'x')));
    }
  });
  Collector reader;
  const absl::Status status = Read(server.url(), reader).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("changed"));
}

TEST(MediaFetch, EndlessTinyRangesAreGivenUp) {
  std::atomic<int> requests{0};
  http::TrickServer server([&](http::Peer& peer, int) {
    while (!peer.ReadHead().empty()) {
      const int at = requests++;
      peer.Send(absl::StrCat("HTTP/1.1 206 X\r\nContent-Range: bytes ", at, "-", at,
                             "/1000000\r\nContent-Length: 1\r\n\r\nx"));
    }
  });
  Collector reader;
  EXPECT_FALSE(Read(server.url(), reader).ok());
  EXPECT_LE(requests, 100);
}

TEST(MediaFetch, ASkipBeyondAnyFileIsBoundedWhenTheServerDoesNotSayHowLongItIs) {
  std::string asked;
  http::TrickServer server([&](http::Peer& peer, int) {
    for (std::string head = peer.ReadHead(); !head.empty(); head = peer.ReadHead()) {
      const bool first = absl::StrContains(head, "Range: bytes=0-");
      if (!first) asked = head;
      peer.Send(first ? "HTTP/1.1 206 X\r\nContent-Range: bytes 0-3/*\r\nContent-Length: 4\r\n\r\nabcd"
                      : "HTTP/1.1 416 X\r\nContent-Length: 0\r\n\r\n");
    }
  });
  Collector reader;
  reader.skip_after_ = 4;
  reader.skip_next_ = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(Read(server.url(), reader).ok());
  EXPECT_EQ(reader.skipped_, (int64_t{1} << 40) - 4);
  EXPECT_THAT(asked, HasSubstr("bytes=1099511627776-"));
}

TEST(MediaFetch, ARangeOfAnImpossibleFileIsRefused) {
  Replies server("HTTP/1.1 206 X\r\nContent-Range: bytes 0-3/9223372036854775807\r\nContent-Length: 4\r\n\r\nabcd");
  Collector reader;
  EXPECT_FALSE(Read(server.url(), reader).ok());
}

// ---- Where it may lead ----

TEST(MediaFetch, AddressesThatAreNotPublicAreRefusedBeforeAnyConnection) {
  http::TrickServer server([](http::Peer& peer, int) { peer.Send(http::OkReply("{}")); });
  const std::string port = absl::StrCat(":", server.port());
  for (const std::string host : {"127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "localhost", "0.0.0.0", "10.1.2.3",
                                 "192.168.1.1", "169.254.169.254", "100.64.0.1", "172.16.0.1", "[::1]", "[fc00::1]",
                                 "[::ffff:127.0.0.1]", "[fe80::1]", "[::]"}) {
    ExpectRefused(absl::StrCat("https://", host, port, "/x.png"), "is not public", {});
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(MediaFetch, PlainHttpIsRefused) {
  FileServer server("file", true);
  ExpectRefused(server.url(), "not https", {});
  ExpectRefused("ftp://example.com/x", "invalid", {});
  ExpectRefused("https://user@example.com/x", "invalid", {});
  EXPECT_EQ(server.connections(), 0);
}

// What a public server answers first; everything else goes out for real.
class PublicServerFirst : public http::HttpTransport {
 public:
  PublicServerFirst(std::string location, std::unique_ptr<http::HttpTransport> real) : real_(std::move(real)) {
    redirect_ = Answer(http::HttpOutcome::kReply, 302, "");
    redirect_.headers["location"] = std::move(location);
  }
  http::HttpReply Send(const http::HttpRequest& request) override { return real_->Send(request); }
  http::HttpReply Fetch(const http::HttpRequest& request, http::ByteSink& sink) override {
    return first_++ == 0 ? redirect_ : real_->Fetch(request, sink);
  }

 private:
  http::HttpReply redirect_;
  int first_ = 0;
  const std::unique_ptr<http::HttpTransport> real_;
};

TEST(MediaFetch, ARedirectFromThePublicToAPrivateAddressIsRefused) {
  http::TrickServer server([](http::Peer& peer, int) { peer.Send(http::OkReply("{}")); });
  const std::string authority = absl::StrCat("127.0.0.1:", server.port());
  const auto refusal = [](const std::string& location) {
    Collector reader;
    return std::string(
        MakeMediaFetcher({}, base::RealClock(), std::make_unique<PublicServerFirst>(location, MakeMediaTransport({})))
            ->Read({}, "https://public.example/x.png", false, reader)
            .status()
            .message());
  };
  EXPECT_THAT(refusal("https://" + authority + "/x.png"), HasSubstr("not public"));
  EXPECT_THAT(refusal("//" + authority + "/x.png"), HasSubstr("not public"));
  EXPECT_THAT(refusal("http://" + authority + "/x.png"), HasSubstr("not https"));
  EXPECT_THAT(refusal("file:///etc/passwd"), HasSubstr("invalid"));
  EXPECT_EQ(server.connections(), 0);
}

TEST(MediaFetch, RedirectsAreFollowedFiveTimes) {
  constexpr int kKinds[] = {301, 302, 303, 307, 308};
  for (const int hops : {5, 6}) {
    http::TrickServer server([&](http::Peer& peer, int number) {
      peer.ReadRequest();
      peer.Send(number <= hops ? Redirect("/next", kKinds[number % 5]) : http::OkReply("file"));
      peer.Close();
    });
    Collector reader;
    const auto fetched = Read(server.url(), reader);
    EXPECT_EQ(fetched.ok(), hops == 5) << fetched.status();
    EXPECT_EQ(reader.bytes_, hops == 5 ? "file" : "");
  }
}

TEST(MediaFetch, RelativeRedirectsAreResolved) {
  const std::pair<std::string, std::string> kRows[] = {
      {"/x?y=1", "/x?y=1"}, {"c", "/a/c"}, {"?z", "/a/b?z"}, {"c/d?u=https://e", "/a/c/d?u=https://e"}};
  for (const auto& [location, target] : kRows) {
    std::string second;
    http::TrickServer server([&, location = location](http::Peer& peer, int) {
      peer.ReadRequest();
      peer.Send(Redirect(location));
      second = peer.ReadRequest();
      peer.Send(http::OkReply("file"));
    });
    Collector reader;
    EXPECT_TRUE(Read(server.url("/a/b?old"), reader).ok());
    EXPECT_TRUE(absl::StartsWith(second, "GET " + target + " HTTP/1.1\r\n")) << second;
  }
  Replies nowhere("HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n");
  ExpectRefused(nowhere.url(), "without a Location", Anywhere());
}

TEST(MediaFetch, FurtherRangesAreAskedWhereTheRedirectLed) {
  const std::string file = Bytes(300'000);
  FileServer storage(file, true);
  Replies front(Redirect(storage.url()));
  Collector reader;
  ASSERT_TRUE(Read(front.url(), reader)->complete);
  EXPECT_TRUE(reader.bytes_ == file);
  EXPECT_EQ(front.connections(), 1);
}

// ---- Time ----

TEST(MediaFetch, ASilentServerCostsNoMoreThanTheTimeout) {
  http::TrickServer server([](http::Peer& peer, int) { peer.AwaitClose(); });
  MediaFetchOptions options = Anywhere();
  options.timeout = absl::Milliseconds(100);
  ExpectRefused(server.url(), "time-out", options);
}

TEST(MediaFetch, TheCallersDeadlineAndItsLeavingAreNoFaultOfTheFile) {
  http::TrickServer server([](http::Peer& peer, int) { peer.AwaitClose(); });
  Collector reader;
  CallOptions call;
  call.deadline = base::RealClock().Now() + absl::Milliseconds(100);
  EXPECT_EQ(base::GetReason(Read(server.url(), reader, false, Anywhere(), call).status()), Reason::kDeadlineExceeded);
  call = {};
  call.cancel = std::make_shared<base::CancelToken>();
  call.cancel->Cancel();
  EXPECT_EQ(base::GetReason(Read(server.url(), reader, false, Anywhere(), call).status()), Reason::kCancelled);
}

TEST(MediaFetch, ANameThatDoesNotResolveIsAnError) {
  ExpectRefused("https://host.invalid/x.png", "cannot resolve", {});
}

// ---- Behind a proxy ----

TEST(MediaFetch, AProxyIsAskedForThePublicAddressThatWasChecked) {
  std::string head;
  http::TrickServer proxy([&](http::Peer& peer, int) {
    head = peer.ReadHead();
    peer.Send("HTTP/1.1 403 no\r\n\r\n");
  });
  http::HttpOptions options;
  options.public_addresses_only = true;
  options.proxy = absl::StrCat("http://127.0.0.1:", proxy.port());
  const auto transport = http::MakeHttpTransport(options);
  EXPECT_EQ(transport->Send(http::Get("https://1.1.1.1/x")).outcome, http::HttpOutcome::kNotSent);
  EXPECT_THAT(head, HasSubstr("CONNECT 1.1.1.1:443 "));
  EXPECT_THAT(transport->Send(http::Get("https://127.0.0.1/x")).error, HasSubstr("not public"));
  EXPECT_THAT(transport->Send(http::Get("http://1.1.1.1/x")).error, HasSubstr("not public"));
  EXPECT_EQ(proxy.connections(), 1);
}

}  // namespace
}  // namespace seedance::upstream
