#ifndef SEEDANCE_TESTS_UNIT_UPSTREAM_MEDIA_SERVERS_H_
#define SEEDANCE_TESTS_UNIT_UPSTREAM_MEDIA_SERVERS_H_

#include <atomic>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/media/prober.h"
#include "service/upstream/media_fetch.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/trick_server.h"

namespace seedance::upstream {

// Keeps what it is given; wants no more than `most` bytes.
class Collector : public MediaReader {
 public:
  explicit Collector(int64_t most = int64_t{1} << 40) : most_(most) {}
  bool OnStart(int64_t size) override {
    ++starts_;
    size_ = size;
    return most_ > 0;
  }
  bool OnBytes(std::string_view bytes) override {
    bytes_.append(bytes);
    skip_ = bytes_.size() < skip_after_ ? 0 : std::exchange(skip_next_, 0);
    return std::ssize(bytes_) < most_;
  }
  int64_t Skippable() const override { return skip_; }
  void OnSkip(int64_t bytes) override {
    skip_ -= bytes;
    skipped_ += bytes;
  }

  int starts_ = 0;
  int64_t size_ = -1;
  std::string bytes_;
  int64_t skipped_ = 0;
  size_t skip_after_ = 0;  // Once so many bytes came, `skip_next_` need not be seen.
  int64_t skip_next_ = 0;

 private:
  const int64_t most_;
  int64_t skip_ = 0;
};

// Shows a file to a prober.
class ProbedFile : public MediaReader {
 public:
  bool OnStart(int64_t) override { return true; }
  bool OnBytes(std::string_view bytes) override {
    prober_->Feed(bytes);
    return !prober_->done();
  }
  int64_t Skippable() const override { return prober_->Skippable(); }
  void OnSkip(int64_t bytes) override { prober_->Skip(bytes); }

  std::unique_ptr<media::Prober> prober_ = media::MakeProber();
};

inline std::string Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 253);
  return bytes;
}

// A server of one file that counts what it sends.
class FileServer {
 public:
  FileServer(std::string file, bool knows_ranges)
      : file_(std::move(file)), knows_ranges_(knows_ranges), server_([this](http::Peer& peer, int) {
          for (std::string head = peer.ReadHead(); !head.empty(); head = peer.ReadHead()) Answer(peer, head);
        }) {}

  std::string url() const { return server_.url("/file?signature=a%2Bb"); }
  int requests() const { return requests_; }
  int64_t bytes_served() const { return bytes_served_; }
  bool saw_credentials() const { return saw_credentials_; }
  int connections() { return server_.connections(); }

 private:
  void Answer(http::Peer& peer, const std::string& head) {
    ++requests_;
    if (absl::StrContains(head, "Authorization")) saw_credentials_ = true;
    const size_t at = head.find("Range: bytes=");
    std::string body = file_;
    std::string status = "200 OK";
    if (knows_ranges_ && at != std::string::npos) {
      size_t first = 0;
      size_t last = 0;
      std::sscanf(head.c_str() + at, "Range: bytes=%zu-%zu", &first, &last);
      last = std::min(last, file_.size() - 1);
      body = file_.substr(first, last - first + 1);
      status = absl::StrCat("206 Partial\r\nContent-Range: bytes ", first, "-", last, "/", file_.size());
    }
    // In pieces, so that what a client that leaves has not taken is not counted.
    if (!peer.Send(absl::StrCat("HTTP/1.1 ", status, "\r\nETag: \"1\"\r\nContent-Length: ", body.size(), "\r\n\r\n"))) {
      return;
    }
    for (size_t sent = 0; sent < body.size(); sent += 10'000) {
      if (!peer.Send(std::string_view(body).substr(sent, 10'000))) return;
      bytes_served_ += static_cast<int64_t>(std::min<size_t>(10'000, body.size() - sent));
    }
  }

  const std::string file_;
  const bool knows_ranges_;
  std::atomic<int> requests_{0};
  std::atomic<int64_t> bytes_served_{0};
  std::atomic<bool> saw_credentials_{false};
  http::TrickServer server_;
};

MediaFetchOptions Anywhere() {
  MediaFetchOptions options;
  options.allow_private_network = true;
  options.timeout = absl::Seconds(60);
  return options;
}

absl::StatusOr<FetchedMedia> Read(const std::string& url, MediaReader& reader, bool whole = false,
                                  const MediaFetchOptions& options = Anywhere(), const CallOptions& call = {}) {
  return MakeMediaFetcher(options, base::RealClock())->Read(call, url, whole, reader);
}

// A server that gives one reply, as it stands, to each connection.
class Replies {
 public:
  explicit Replies(std::string reply)
      : server_([reply = std::move(reply)](http::Peer& peer, int) {
          peer.ReadRequest();
          peer.Send(reply);
        }) {}
  std::string url() const { return server_.url("/a/b"); }
  int connections() { return server_.connections(); }

 private:
  http::TrickServer server_;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_TESTS_UNIT_UPSTREAM_MEDIA_SERVERS_H_
