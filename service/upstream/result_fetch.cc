#include "service/upstream/result_fetch.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/http/redirects.h"
#include "service/http/url.h"
#include "service/upstream/content_range.h"

namespace seedance::upstream {
namespace {

using base::Reason;

// Collects the transport's pieces of a few kilobytes, because each costs its reader.
constexpr size_t kPiece = 64 << 10;

absl::Status FailedFetch(Reason reason, const std::string& message) {
  base::ErrorDetail detail;
  detail.reason = reason;
  return base::MakeError(message, detail);
}

// A header passed on to callers: printable ASCII, otherwise empty.
std::string ContentType(std::string text) {
  constexpr size_t kMax = 128;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  return plain && text.size() <= kMax ? std::move(text) : std::string();
}

// Types of HTML and API messages. Storage calls unknown types application/octet-stream, or nothing.
bool IsNoFile(const std::string& content_type) {
  const std::string type = absl::AsciiStrToLower(content_type);
  return absl::StrContains(type, "html") || absl::StrContains(type, "json") || absl::StrContains(type, "xml");
}

// No video or picture begins like this.
bool BeginsLikeAPage(std::string_view bytes) {
  const size_t at = bytes.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return at != std::string_view::npos && (bytes[at] == '<' || bytes[at] == '{');
}

// Cuts the wanted range out of the reply, whether or not the storage supports ranges. Calls the sink only when there is
// a file.
class RangeCutter : public http::ByteSink {
 public:
  RangeCutter(const ResultRange& range, ResultSink& sink) : range_(range), sink_(sink) {}

  bool OnHeaders(int status, const std::map<std::string, std::string>& headers) override {
    const auto header = [&headers](const char* name) {
      const auto it = headers.find(name);
      return it == headers.end() ? std::string() : it->second;
    };
    const std::string encoding = absl::AsciiStrToLower(header("content-encoding"));
    if (!encoding.empty() && encoding != "identity") {
      return Refuse(NoResult("an encoding that was not requested"));
    }
    if (IsNoFile(header("content-type"))) return Refuse(NoResult("HTML or JSON"));
    int64_t first = 0;
    if (status == 206) {
      const ContentRange got = ParseContentRange(header("content-range")).value_or(ContentRange{range_.offset, 0});
      first = got.first;
      total_ = got.total;
    } else if (!absl::SimpleAtoi(header("content-length"), &total_) || total_ < 0) {
      total_ = 0;
    }
    if (first > range_.offset) return Refuse(FailedFetch(Reason::kUpstreamProtocol, "the storage sent another range"));
    skip_ = range_.offset - first;
    if (total_ > 0 && range_.offset >= total_) return Refuse(BeyondEnd());
    content_type_ = ContentType(header("content-type"));
    from_begin_ = first == 0;
    return true;
  }

  bool OnBytes(std::string_view bytes) override {
    if (!bytes.empty() && !Started(bytes)) return false;
    const auto skipped = static_cast<size_t>(std::min<int64_t>(skip_, static_cast<int64_t>(bytes.size())));
    skip_ -= static_cast<int64_t>(skipped);
    bytes.remove_prefix(skipped);
    if (range_.limit > 0) bytes = bytes.substr(0, static_cast<size_t>(range_.limit - taken_));
    taken_ += static_cast<int64_t>(bytes.size());
    piece_.append(bytes);
    if (piece_.size() >= kPiece && !Flush()) return false;
    // Stop reading after the range.
    return !Complete();
  }

  // Result after the transport returned; nullopt: given by the reply's outcome.
  std::optional<absl::Status> Finish(const http::HttpReply& reply) {
    if (!refusal_.ok()) return refusal_;
    if (!Flush()) return refusal_;
    if (Complete()) return absl::OkStatus();
    if (reply.outcome != http::HttpOutcome::kReply) return std::nullopt;
    if (!started_) return NoResult("nothing");
    if (skip_ > 0) return BeyondEnd();
    const int64_t end = range_.limit > 0 ? std::min(total_, range_.offset + range_.limit) : total_;
    if (total_ > 0 && range_.offset + taken_ < end) {
      return FailedFetch(Reason::kUpstreamUnavailable, "the storage sent fewer bytes than it announced");
    }
    return absl::OkStatus();
  }

 private:
  // Calls OnStart at the first bytes. False: they are not a file, or the sink stopped.
  bool Started(std::string_view bytes) {
    if (started_) return true;
    if (from_begin_ && BeginsLikeAPage(bytes)) return Refuse(NoResult("HTML or JSON"));
    started_ = true;
    return sink_.OnStart(total_, content_type_) || Refuse(ReaderLeft());
  }

  static absl::Status NoResult(const char* what) {
    return FailedFetch(Reason::kUpstreamUnavailable,
                       absl::StrCat("the storage of the result answered with ", what, " instead of a file"));
  }

  bool Complete() const { return started_ && range_.limit > 0 && taken_ >= range_.limit; }

  bool Flush() {
    if (piece_.empty()) return true;
    const bool taken = sink_.OnBytes(piece_);
    piece_.clear();
    return taken || Refuse(ReaderLeft());
  }

  bool Refuse(absl::Status why) {
    refusal_ = std::move(why);
    return false;
  }

  static absl::Status ReaderLeft() { return FailedFetch(Reason::kCancelled, "the reader stopped"); }
  absl::Status BeyondEnd() const {
    return FailedFetch(Reason::kSizeOutOfRange,
                       absl::StrCat("offset ", range_.offset, " is beyond the end of the result"));
  }

  const ResultRange& range_;
  ResultSink& sink_;
  bool started_ = false;
  bool from_begin_ = false;  // The reply starts at the first byte of the file.
  std::string content_type_;
  int64_t total_ = 0;
  int64_t skip_ = 0;
  int64_t taken_ = 0;
  std::string piece_;
  absl::Status refusal_;
};

http::HttpRequest RangeRequest(const CallOptions& call, const ResultRange& range, absl::Duration timeout) {
  http::HttpRequest request;
  request.method = "GET";
  request.url = range.uri;
  request.timeout = timeout;
  request.link = true;
  request.cancel = call.cancel;
  if (range.offset > 0 || range.limit > 0) {
    std::string bytes = absl::StrCat("bytes=", range.offset, "-");
    if (range.limit > 0) absl::StrAppend(&bytes, range.offset + range.limit - 1);
    request.headers.emplace_back("Range", bytes);
  }
  return request;
}

// Statuses of storage other than 200 and 206.
absl::Status RefusedByStorage(const http::HttpReply& reply) {
  const std::string said = absl::StrCat("the storage of the result answered ", reply.status);
  switch (reply.status) {
    case 401:
    case 403:
    case 404:
    case 410:
      return FailedFetch(Reason::kResultExpired,
                         absl::StrCat("the link to the result has expired (", reply.status, ")"));
    case 416:
      return FailedFetch(Reason::kSizeOutOfRange, "the offset is beyond the end of the result");
    case 400:
      // S3's answer in some regions when the signature has expired.
      if (absl::StrContains(reply.body, "xpired")) {
        return FailedFetch(Reason::kResultExpired, "the link to the result has died (400)");
      }
      return FailedFetch(Reason::kUpstreamProtocol, said);
    default:
      break;
  }
  const bool later = reply.status == 408 || reply.status == 429 || reply.status >= 500;
  return FailedFetch(later ? Reason::kUpstreamUnavailable : Reason::kUpstreamProtocol, said);
}

// Sends `request` and follows redirects. An error: a redirect is not followed.
absl::StatusOr<http::HttpReply> FetchFollowing(http::HttpTransport& transport, http::HttpRequest request,
                                               bool allow_plain_http, http::ByteSink& sink) {
  base::Clock& clock = base::RealClock();
  const absl::Time deadline = clock.Now() + request.timeout;
  for (http::Redirects redirects(allow_plain_http);;) {
    http::HttpReply reply = transport.Fetch(request, sink);
    if (reply.outcome != http::HttpOutcome::kReply || !http::IsRedirect(reply.status)) return reply;
    absl::StatusOr<std::string> next = redirects.Follow(request.url, reply);
    if (!next.ok()) {
      return FailedFetch(Reason::kUpstreamProtocol,
                         absl::StrCat("the link to the result is not followed: ", next.status().message()));
    }
    request.url = *std::move(next);
    request.timeout = deadline - clock.Now();
    if (request.timeout <= absl::ZeroDuration()) return FailedFetch(Reason::kDeadlineExceeded, "deadline exceeded");
  }
}

}  // namespace

absl::Status FetchRange(http::HttpTransport& transport, const CallOptions& call, const ResultRange& range,
                        absl::Duration timeout, bool allow_plain_http, ResultSink& sink) {
  const std::optional<http::Url> url = http::ParseUrl(range.uri);
  if (!url.has_value() || (!url->https && !allow_plain_http)) {
    return FailedFetch(Reason::kUpstreamProtocol, "the link to the result is not an https URL");
  }
  if (timeout <= absl::ZeroDuration())
    return FailedFetch(Reason::kDeadlineExceeded, "deadline exceeded before the transfer");
  ResultRange wanted = range;
  // Avoids overflow of the sum.
  if (wanted.limit > std::numeric_limits<int64_t>::max() - wanted.offset) wanted.limit = 0;
  RangeCutter cutter(wanted, sink);
  const absl::StatusOr<http::HttpReply> fetched =
      FetchFollowing(transport, RangeRequest(call, wanted, timeout), allow_plain_http, cutter);
  if (!fetched.ok()) return fetched.status();
  const http::HttpReply& reply = *fetched;
  if (reply.outcome == http::HttpOutcome::kReply && reply.status != 200 && reply.status != 206) {
    return RefusedByStorage(reply);
  }
  if (reply.address_refused) {
    return FailedFetch(Reason::kUpstreamProtocol,
                       absl::StrCat("the vendor's link to the result is refused: ", reply.error));
  }
  if (std::optional<absl::Status> finished = cutter.Finish(reply)) return *finished;
  if (reply.outcome == http::HttpOutcome::kCancelled)
    return FailedFetch(Reason::kCancelled, "the transfer was cancelled");
  return FailedFetch(Reason::kUpstreamUnavailable,
                     absl::StrCat("the transfer of the result was interrupted: ", reply.error));
}

}  // namespace seedance::upstream
