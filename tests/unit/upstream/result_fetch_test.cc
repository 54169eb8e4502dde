// Results over real sockets, from storage that knows ranges and storage that does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

#include "service/base/error.h"
#include "service/upstream/anyfast/anyfast.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/recording_vendor.h"
#include "tests/unit/http/trick_server.h"

namespace seedance::upstream {
namespace {

using base::Reason;

class Collector : public ResultSink {
 public:
  bool OnStart(int64_t total_size, const std::string& content_type) override {
    ++starts_;
    total_ = total_size;
    type_ = content_type;
    return true;
  }
  bool OnBytes(std::string_view bytes) override {
    bytes_.append(bytes);
    return !refuses_;
  }

  int starts_ = 0;
  int64_t total_ = -1;
  std::string type_;
  std::string bytes_;
  bool refuses_ = false;
};

std::string File() {
  std::string file;
  for (int i = 0; i < 40000; ++i) file += std::to_string(i) + ",";
  return file;
}

absl::Status Fetch(const std::string& url, int64_t offset, int64_t limit, ResultSink& sink, bool plain = true) {
  AnyFastOptions options;
  options.api_key = base::Secret("sk-secret");
  options.allow_plain_http = plain;
  http::HttpOptions http;
  http.home = "127.0.0.1";
  return MakeAnyFast(options, http::MakeHttpTransport(http), base::RealClock())
      ->tasks()
      .FetchResult({}, url, offset, limit, sink);
}

http::RecordingVendor::Answer Storage(bool knows_ranges) {
  return [knows_ranges](const httplib::Request& request, httplib::Response& response) {
    if (!knows_ranges) const_cast<httplib::Request&>(request).ranges.clear();
    response.set_content(File(), "video/mp4");
  };
}

TEST(FetchResult, GivesTheWantedRangeWhetherTheStorageKnowsRangesOrNot) {
  for (const bool knows_ranges : {true, false}) {
    http::RecordingVendor vendor(Storage(knows_ranges));
    const std::string file = File();
    const auto size = static_cast<int64_t>(file.size());
    struct Range {
      int64_t offset, limit;
    };
    for (const Range range : {Range{0, 0}, Range{0, 1}, Range{7, 0}, Range{70000, 100000}, Range{size - 1, 0},
                              Range{size - 5, 100}, Range{0, size}, Range{7, std::numeric_limits<int64_t>::max()}}) {
      Collector sink;
      const absl::Status status = Fetch(vendor.url() + "/v.mp4", range.offset, range.limit, sink);
      EXPECT_TRUE(status.ok()) << status;
      const size_t limit = range.limit == 0 ? std::string::npos : static_cast<size_t>(range.limit);
      EXPECT_TRUE(sink.bytes_ == file.substr(static_cast<size_t>(range.offset), limit)) << range.offset;
      EXPECT_EQ(sink.total_, size);
      EXPECT_EQ(sink.type_, "video/mp4");
      EXPECT_EQ(sink.starts_, 1);
    }
  }
}

TEST(FetchResult, NeverShowsTheVendorsKeyToTheStorage) {
  http::RecordingVendor vendor(Storage(true));
  Collector sink;
  EXPECT_TRUE(Fetch(vendor.url() + "/v.mp4?X-Signature=a%2Bb", 0, 10, sink).ok());
  const httplib::Request request = vendor.requests().at(0);
  EXPECT_FALSE(request.has_header("Authorization"));
  EXPECT_EQ(request.get_header_value("Range"), "bytes=0-9");
  EXPECT_EQ(request.target, "/v.mp4?X-Signature=a%2Bb");
}

TEST(FetchResult, OffsetBeyondTheEndIsOutOfRange) {
  for (const bool knows_ranges : {true, false}) {
    http::RecordingVendor vendor(Storage(knows_ranges));
    Collector sink;
    const absl::Status status = Fetch(vendor.url() + "/v.mp4", 10000000, 0, sink);
    EXPECT_EQ(base::GetReason(status), Reason::kSizeOutOfRange) << status;
    EXPECT_TRUE(sink.bytes_.empty());
  }
}

struct StatusRow {
  int status;
  const char* body;
  Reason reason;
};

TEST(FetchResult, StatusesOfStorage) {
  constexpr StatusRow kRows[] = {
      {403, "<Error><Code>AccessDenied</Code></Error>", Reason::kResultExpired},
      {404, "", Reason::kResultExpired},
      {410, "", Reason::kResultExpired},
      {400, "<Error>Request has expired</Error>", Reason::kResultExpired},
      {400, "<Error/>", Reason::kUpstreamProtocol},
      {416, "", Reason::kSizeOutOfRange},
      {429, "", Reason::kUpstreamUnavailable},
      {500, "", Reason::kUpstreamUnavailable},
      {302, "", Reason::kUpstreamProtocol},
  };
  for (const StatusRow& row : kRows) {
    http::TrickServer storage([&](http::Peer& peer, int) {
      peer.ReadRequest();
      const std::string body = row.body;
      peer.Send("HTTP/1.1 " + std::to_string(row.status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    });
    Collector sink;
    EXPECT_EQ(base::GetReason(Fetch(storage.url(), 0, 0, sink)), row.reason) << row.status;
    EXPECT_EQ(sink.starts_, 0);
  }
}

TEST(FetchResult, FewerBytesThanAnnouncedAreNoSuccess) {
  const char* const kReplies[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 5\r\n\r\n12345",
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\n\r\n12345",
  };
  for (const char* reply : kReplies) {
    http::TrickServer storage([&](http::Peer& peer, int) {
      peer.ReadRequest();
      peer.Send(reply);
    });
    Collector sink;
    EXPECT_EQ(base::GetReason(Fetch(storage.url(), 0, 0, sink)), Reason::kUpstreamUnavailable) << reply;
    EXPECT_EQ(sink.bytes_, "12345");
  }
}

TEST(FetchResult, PlainHttpIsRefusedUnlessAllowed) {
  http::RecordingVendor vendor(Storage(true));
  Collector sink;
  EXPECT_EQ(base::GetReason(Fetch(vendor.url() + "/v.mp4", 0, 0, sink, false)), Reason::kUpstreamProtocol);
  EXPECT_EQ(base::GetReason(Fetch("file:///etc/passwd", 0, 0, sink)), Reason::kUpstreamProtocol);
  EXPECT_TRUE(vendor.requests().empty());
}

// The links that a vendor on the internet gives.
absl::Status FetchFromAfar(const std::string& url, const http::HttpOptions& http, ResultSink& sink) {
  AnyFastOptions options;
  options.allow_plain_http = true;
  return MakeAnyFast(options, http::MakeHttpTransport(http), base::RealClock())
      ->tasks()
      .FetchResult({}, url, 0, 0, sink);
}

TEST(FetchResult, LinksToThisMachineAndPrivateNetworksAreNeverFetched) {
  http::TrickServer victim([](http::Peer& peer, int) { peer.ReadRequest(); });
  const std::string port = ":" + std::to_string(victim.port()) + "/";
  for (const std::string& host :
       {"127.0.0.1" + port, "localhost" + port, "2130706433" + port, "0x7f.1" + port, "0177.0.0.1" + port,
        "127.1" + port, "0.0.0.0" + port, "0" + port, "[::1]" + port, "[::ffff:127.0.0.1]" + port, "[::]" + port,
        "[64:ff9b::7f00:1]" + port, std::string("169.254.169.254/latest/meta-data/"), std::string("10.0.0.1/"),
        std::string("172.16.0.1/"), std::string("192.168.0.1/"), std::string("[fe80::1]/"),
        std::string("[fd00::1]/")}) {
    for (const char* scheme : {"http://", "https://"}) {
      Collector sink;
      const absl::Status status = FetchFromAfar(scheme + host, {}, sink);
      EXPECT_EQ(base::GetReason(status), Reason::kUpstreamProtocol) << scheme << host << ": " << status;
      EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("is refused")) << host;
    }
  }
  EXPECT_EQ(victim.connections(), 0);
}

TEST(FetchResult, LinksMayLeadToTheVendorsOwnAddressAndNoOtherOne) {
  http::RecordingVendor vendor(Storage(true));
  http::HttpOptions http;
  http.home = "localhost";
  Collector sink;
  EXPECT_TRUE(FetchFromAfar(vendor.url() + "/v.mp4", http, sink).ok()) << "by another name";
  Collector other;
  EXPECT_EQ(base::GetReason(FetchFromAfar("http://127.0.0.2:1/v.mp4", http, other)), Reason::kUpstreamProtocol);
  EXPECT_EQ(base::GetReason(FetchFromAfar("http://169.254.169.254/", http, other)), Reason::kUpstreamProtocol);
  http.home.clear();
  http.allow_private_links = true;
  EXPECT_TRUE(FetchFromAfar(vendor.url() + "/v.mp4", http, sink).ok()) << "the operator says so";
}

// The owner of a name says what it resolves to.
TEST(FetchResult, TheVendorsOwnNameOpensNoPrivateAddress) {
  char name[256] = {};
  ASSERT_EQ(gethostname(name, sizeof(name) - 1), 0);
  // Where it does not resolve to a private address, links to one are refused all the same.
  http::TrickServer victim([](http::Peer& peer, int) { peer.ReadRequest(); });
  for (const std::string& home : {std::string(name), std::string("ip6-localhost"), std::string("localhost.invalid")}) {
    http::HttpOptions http;
    http.home = home;
    Collector sink;
    EXPECT_EQ(base::GetReason(FetchFromAfar(victim.url(), http, sink)), Reason::kUpstreamProtocol) << home;
    EXPECT_FALSE(FetchFromAfar("http://" + home + ":" + std::to_string(victim.port()) + "/", http, sink).ok()) << home;
  }
  EXPECT_EQ(victim.connections(), 0);
}

std::string Redirect(int status, const std::string& location) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

TEST(FetchResult, ARedirectToAPrivateAddressIsNotFollowed) {
  for (const char* host : {"127.0.0.2", "[::1]", "169.254.169.254", "10.0.0.1"}) {
    http::TrickServer storage([&](http::Peer& peer, int) {
      peer.ReadRequest();
      peer.Send(Redirect(302, std::string("http://") + host + ":9/v.mp4"));
    });
    Collector sink;
    const absl::Status status = Fetch(storage.url(), 0, 0, sink);
    EXPECT_EQ(base::GetReason(status), Reason::kUpstreamProtocol) << host;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("is refused")) << host;
    EXPECT_EQ(sink.starts_, 0);
  }
}

TEST(FetchResult, RedirectsAreFollowedWithTheRangeAndWithoutTheKey) {
  http::RecordingVendor vendor(Storage(true));
  for (const int status : {301, 302, 303, 307, 308}) {
    http::TrickServer door([&](http::Peer& peer, int) {
      peer.ReadRequest();
      peer.Send(Redirect(status, vendor.url() + "/v.mp4?sig=1"));
    });
    Collector sink;
    EXPECT_TRUE(Fetch(door.url(), 7, 10, sink).ok()) << status;
    EXPECT_EQ(sink.bytes_, File().substr(7, 10));
    const httplib::Request request = vendor.requests().back();
    EXPECT_EQ(request.target, "/v.mp4?sig=1");
    EXPECT_EQ(request.get_header_value("Range"), "bytes=7-16");
    EXPECT_FALSE(request.has_header("Authorization"));
  }
}

TEST(FetchResult, RelativeLocationsAndAtMostFiveRedirects) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    const int left = std::atoi(request.path.substr(request.path.rfind('/') + 1).c_str());
    if (left == 0) return response.set_content("video", "video/mp4");
    response.status = 302;
    response.set_header("Location", left % 2 == 0 ? std::to_string(left - 1) : "/a/" + std::to_string(left - 1));
  });
  Collector sink;
  EXPECT_TRUE(Fetch(vendor.url() + "/a/5?sig=1", 0, 0, sink).ok());
  EXPECT_EQ(sink.bytes_, "video");
  const size_t before = vendor.requests().size();
  Collector none;
  const absl::Status status = Fetch(vendor.url() + "/a/6", 0, 0, none);
  EXPECT_EQ(base::GetReason(status), Reason::kUpstreamProtocol) << status;
  EXPECT_EQ(vendor.requests().size() - before, 6u);
  EXPECT_EQ(none.starts_, 0);
}

TEST(FetchResult, RedirectsThatLeadNowhereAreNotFollowed) {
  for (const char* location : {"file:///etc/passwd", "ftp://e.example/v", "http://user@e.example/", "", "http://"}) {
    http::TrickServer storage([&](http::Peer& peer, int) {
      peer.ReadRequest();
      peer.Send(Redirect(302, location));
    });
    Collector sink;
    EXPECT_EQ(base::GetReason(Fetch(storage.url(), 0, 0, sink)), Reason::kUpstreamProtocol) << location;
  }
}

TEST(FetchResult, WhatIsNoFileIsNoResultAndNothingOfItIsShown) {
  const std::string page = "<!doctype html><title>Just a moment...</title>";
  const auto reply = [](const std::string& headers, const std::string& body) {
    return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  const std::string kReplies[] = {
      reply("Content-Type: text/html; charset=utf-8\r\n", page),
      reply("Content-Type: application/json\r\n", "[1]"),
      reply("Content-Type: application/xml\r\n", "x"),
      reply("Content-Type: video/mp4\r\n", "\r\n" + page),
      reply("", R"({"error":"gone"})"),
      reply("Content-Type: video/mp4\r\n", ""),
      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
      reply("Content-Encoding: gzip\r\nContent-Type: video/mp4\r\n", "\x1f\x8b\x08"),
      reply("Content-Encoding: br\r\n", "x"),
  };
  for (const std::string& bytes : kReplies) {
    http::TrickServer storage([&](http::Peer& peer, int) {
      peer.ReadRequest();
      peer.Send(bytes);
    });
    Collector sink;
    const absl::Status status = Fetch(storage.url(), 0, 0, sink);
    EXPECT_EQ(base::GetReason(status), Reason::kUpstreamUnavailable) << bytes << status;
    EXPECT_EQ(sink.starts_, 0) << bytes;
    EXPECT_EQ(sink.bytes_, "") << bytes;
  }
}

TEST(FetchResult, AContentTypeThatIsNoTextIsNotPassedOn) {
  for (const std::string& type : {std::string("video/\xff\xfe"), std::string(200, 'x')}) {
    http::TrickServer storage([&](http::Peer& peer, int) {
      peer.ReadRequest();
      peer.Send("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: 1\r\n\r\nx");
    });
    Collector sink;
    EXPECT_TRUE(Fetch(storage.url(), 0, 0, sink).ok());
    EXPECT_EQ(sink.type_, "");
  }
}

TEST(FetchResult, ReaderThatLeavesCancels) {
  http::RecordingVendor vendor(Storage(true));
  Collector sink;
  sink.refuses_ = true;
  EXPECT_EQ(base::GetReason(Fetch(vendor.url() + "/v.mp4", 0, 0, sink)), Reason::kCancelled);
}

}  // namespace
}  // namespace seedance::upstream
