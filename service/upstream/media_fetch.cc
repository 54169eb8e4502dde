#include "service/upstream/media_fetch.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/http/redirects.h"
#include "service/http/url.h"
#include "service/upstream/content_range.h"

namespace seedance::upstream {
namespace {

// A file that needs more ranges is made to waste time.
constexpr int kMaxRanges = 64;
constexpr int64_t kFirstRange = 64 << 10;
constexpr int64_t kLongestRange = 1 << 20;

absl::Status Fail(base::Reason reason, const std::string& message) {
  base::ErrorDetail detail;
  detail.reason = reason;
  return base::MakeError(message, detail);
}

absl::Status CannotFetch(const std::string& why) { return Fail(base::Reason::kUpstreamUnavailable, why); }

std::string HeaderOf(const std::map<std::string, std::string>& headers, const char* name) {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string() : it->second;
}

// Fetches one file with as many requests as it takes.
class Fetch : public http::ByteSink {
 public:
  Fetch(http::HttpTransport& transport, bool allow_private_network, absl::Time deadline, base::Clock& clock,
        const CallOptions& call, std::string uri, bool whole, MediaReader& reader)
      : transport_(transport),
        allow_plain_http_(allow_private_network),
        deadline_(std::min(deadline, call.deadline)),
        clock_(clock),
        call_(call),
        uri_(std::move(uri)),
        whole_(whole),
        reader_(reader) {}

  absl::StatusOr<FetchedMedia> Run() {
    const std::optional<http::Url> url = http::ParseUrl(uri_);
    if (!url.has_value()) return CannotFetch("its URL is invalid");
    if (!url->https && !allow_plain_http_) return CannotFetch("its URL is not https");
    for (int ranges = 0; ranges < kMaxRanges;) {
      const int64_t before = position_;
      const http::HttpReply reply = transport_.Fetch(Request(), *this);
      if (absl::Status stopped = Stopped(reply); !stopped.ok()) return stopped;
      if (enough_) return FetchedMedia{size_, false};
      if (http::IsRedirect(reply.status)) {
        absl::StatusOr<std::string> next = redirects_.Follow(uri_, reply);
        if (!next.ok()) return CannotFetch(std::string(next.status().message()));
        uri_ = *std::move(next);
        continue;
      }
      if (RefusesRanges(reply)) {
        ranges_ = false;
        continue;
      }
      if (absl::Status read = Judge(reply); !read.ok()) return read;
      if (complete_) return FetchedMedia{size_, true};
      if (position_ <= before) return CannotFetch("the server sent an empty range");
      SkipAhead();
      ++ranges;
    }
    return CannotFetch("its headers are spread over too many ranges of the file");
  }

  bool OnHeaders(int status, const std::map<std::string, std::string>& headers) override {
    int64_t first = 0;
    int64_t total = 0;
    if (status == 206) {
      const std::optional<ContentRange> range = ParseContentRange(HeaderOf(headers, "content-range"));
      if (!range.has_value() || range->first > position_) return Refuse("the server sent another range");
      first = range->first;
      total = range->total;
    } else if (!absl::SimpleAtoi(HeaderOf(headers, "content-length"), &total) || total < 0) {
      total = 0;
    }
    const std::string tag = HeaderOf(headers, "etag");
    const bool changed = started_ && ((total != 0 && size_ != 0 && total != size_) || tag != tag_);
    if (changed) return Refuse("it changed while it was read");
    drop_ = position_ - first;
    whole_reply_ = status == 200;
    if (started_) return true;
    started_ = true;
    size_ = total;
    tag_ = tag;
    enough_ = !reader_.OnStart(size_);
    return !enough_;
  }

  bool OnBytes(std::string_view bytes) override {
    const auto dropped = std::min<size_t>(static_cast<size_t>(drop_), bytes.size());
    bytes.remove_prefix(dropped);
    drop_ -= static_cast<int64_t>(dropped);
    while (!bytes.empty()) {
      const int64_t skip = std::min<int64_t>(reader_.Skippable(), static_cast<int64_t>(bytes.size()));
      position_ += skip > 0 ? skip : static_cast<int64_t>(bytes.size());
      if (skip <= 0) {
        enough_ = !reader_.OnBytes(bytes);
        return !enough_;
      }
      reader_.OnSkip(skip);
      bytes.remove_prefix(static_cast<size_t>(skip));
    }
    return true;
  }

 private:
  http::HttpRequest Request() const {
    http::HttpRequest request;
    request.method = "GET";
    request.url = uri_;
    request.timeout = std::max(deadline_ - clock_.Now(), absl::ZeroDuration());
    request.cancel = call_.cancel;
    request.max_reply_bytes = 64 << 10;
    if (whole_ || !ranges_) return request;
    request.headers.emplace_back("Range", absl::StrCat("bytes=", position_, "-", position_ + range_ - 1));
    if (started_ && absl::StartsWith(tag_, "\"")) request.headers.emplace_back("If-Range", tag_);
    return request;
  }

  // Why the fetch must stop, whatever the reply is.
  absl::Status Stopped(const http::HttpReply& reply) const {
    if (!refusal_.ok()) return refusal_;
    if (enough_) return absl::OkStatus();
    if (call_.cancel != nullptr && call_.cancel->cancelled()) {
      return Fail(base::Reason::kCancelled, "the caller cancelled or disconnected");
    }
    if (reply.outcome == http::HttpOutcome::kReply) return absl::OkStatus();
    if (clock_.Now() >= call_.deadline) return Fail(base::Reason::kDeadlineExceeded, "the call's deadline has passed");
    if (http::IsRedirect(reply.status)) return absl::OkStatus();  // The body of a redirect is irrelevant.
    return CannotFetch(reply.error);
  }

  // An empty file has no first range (416). Other servers have the file but do not support ranges.
  static bool IsEmpty(const http::HttpReply& reply) {
    return reply.status == 416 && absl::EndsWith(HeaderOf(reply.headers, "content-range"), "*/0");
  }
  bool RefusesRanges(const http::HttpReply& reply) const {
    return reply.status == 416 && !started_ && !whole_ && ranges_ && !IsEmpty(reply);
  }

  absl::Status Judge(const http::HttpReply& reply) {
    if (IsEmpty(reply) && !started_) {
      (void)reader_.OnStart(0);
      complete_ = true;
      return absl::OkStatus();
    }
    if (reply.status != 200 && reply.status != 206) {
      return CannotFetch(absl::StrCat("the server answered ", reply.status));
    }
    const bool at_end = whole_reply_ || (size_ > 0 && position_ >= size_);
    if (at_end && size_ > 0 && position_ < size_) return CannotFetch("the server sent fewer bytes than it announced");
    complete_ = at_end;
    return absl::OkStatus();
  }

  void SkipAhead() {
    int64_t skip = reader_.Skippable();
    // Reads at least one byte, so that the end of the file is observed.
    skip = std::min(skip, (size_ > 0 ? size_ - 1 : kMostFileBytes) - position_);
    // Short skips are not worth a request.
    const bool worth = skip >= kFirstRange || (skip > 0 && size_ > 0 && position_ + skip == size_ - 1);
    // Many medium skips would use up the ranges if each restarted with a small one.
    range_ = worth && skip >= kLongestRange ? kFirstRange : std::min(range_ * 2, kLongestRange);
    if (!worth) return;
    reader_.OnSkip(skip);
    position_ += skip;
  }

  bool Refuse(const std::string& why) {
    refusal_ = CannotFetch(why);
    return false;
  }

  http::HttpTransport& transport_;
  const bool allow_plain_http_;
  const absl::Time deadline_;
  base::Clock& clock_;
  const CallOptions& call_;
  std::string uri_;
  const bool whole_;
  bool ranges_ = true;  // Whether the server may support ranges.
  MediaReader& reader_;
  http::Redirects redirects_{allow_plain_http_};
  bool started_ = false;  // OnStart was called.
  int64_t size_ = 0;
  std::string tag_;
  int64_t position_ = 0;  // Offset of the next byte for the reader.
  int64_t range_ = kFirstRange;
  int64_t drop_ = 0;          // Bytes of the reply before `position_`.
  bool whole_reply_ = false;  // The server sends the file to its end.
  bool enough_ = false;
  bool complete_ = false;
  absl::Status refusal_;
};

class HttpMediaFetcher : public MediaFetcher {
 public:
  HttpMediaFetcher(const MediaFetchOptions& options, base::Clock& clock, std::unique_ptr<http::HttpTransport> transport)
      : options_(options), clock_(clock), transport_(std::move(transport)) {}

  absl::StatusOr<FetchedMedia> Read(const CallOptions& call, const std::string& uri, bool whole,
                                    MediaReader& reader) override {
    return Fetch(*transport_, options_.allow_private_network, clock_.Now() + options_.timeout, clock_, call, uri, whole,
                 reader)
        .Run();
  }

 private:
  const MediaFetchOptions options_;
  base::Clock& clock_;
  const std::unique_ptr<http::HttpTransport> transport_;
};

}  // namespace

std::unique_ptr<http::HttpTransport> MakeMediaTransport(const MediaFetchOptions& options) {
  http::HttpOptions http;
  http.ca_file = options.ca_file;
  http.public_addresses_only = !options.allow_private_network;
  http.max_idle_connections = 2;  // Reuse is for the ranges of one file only.
  http.idle_limit = absl::Seconds(5);
  return http::MakeHttpTransport(http);
}

std::unique_ptr<MediaFetcher> MakeMediaFetcher(const MediaFetchOptions& options, base::Clock& clock,
                                               std::unique_ptr<http::HttpTransport> transport) {
  return std::make_unique<HttpMediaFetcher>(options, clock, std::move(transport));
}

std::unique_ptr<MediaFetcher> MakeMediaFetcher(const MediaFetchOptions& options, base::Clock& clock) {
  return MakeMediaFetcher(options, clock, MakeMediaTransport(options));
}

}  // namespace seedance::upstream
