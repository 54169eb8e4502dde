#include "service/http/http_exchange.h"

#include <algorithm>
#include <exception>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/http/httplib_codec.h"

namespace seedance::http {
namespace {

constexpr size_t kWriteBuffer = 16384;
// httplib matches the status line with std::regex, whose stack use grows with the line.
constexpr size_t kMaxStatusLine = 2048;
constexpr size_t kMaxHead = 64 << 10;
// Bound on framing of a body (chunk lengths and extensions): this much, plus as many bytes as the body has.
constexpr size_t kMaxFraming = 64 << 10;
constexpr size_t kFramingPerByte = 8;

// The byte stream under the codec. Records how far the exchange has come, which decides what a failure means; the
// codec's own errors are too coarse for that.
class WireStream : public CodecStream {
 public:
  WireStream(Connection& connection, IoLimit& limit) : connection_(connection), limit_(limit) {}

  bool Writable() const override { return !write_failed_; }

  ssize_t Read(char* data, size_t size) override {
    if (!request_sent_ && !early_reply_) {
      if (!Flush()) return -1;
      request_sent_ = true;
    }
    const ssize_t n = connection_.Read(data, size, limit_);
    if (n == 0) ended_ = true;
    if (n <= 0) return n;
    any_reply_ = true;
    Remember(data, static_cast<size_t>(n));
    const bool bounded =
        head_done_ ? FramingIsBounded(static_cast<size_t>(n)) : HeadIsBounded({data, static_cast<size_t>(n)});
    return bounded ? n : -1;
  }

  bool Write(std::string_view bytes) override {
    // Discard the rest of a request that is already answered.
    if (early_reply_) return true;
    if (write_failed_) return false;
    buffer_.append(bytes);
    return buffer_.size() < kWriteBuffer || Flush();
  }

  // Whether the peer answers before the request is complete. The rest is then not sent.
  bool EarlyReply() {
    if (!early_reply_ && !write_failed_) early_reply_ = connection_.HasInput();
    return early_reply_;
  }

  void HeadDone() { head_done_ = true; }
  // Counts bytes of the body among those read.
  void CountBody(size_t size) { body_bytes_ += size; }
  bool framing_exceeded() const { return framing_exceeded_; }
  bool head_done() const { return head_done_; }
  bool any_reply() const { return any_reply_; }
  bool request_sent() const { return request_sent_; }
  bool early_reply() const { return early_reply_; }
  bool ended() const { return ended_; }
  // Whether any byte of an answer came, read or unread.
  bool AnswerBegan() { return any_reply_ || early_reply_ || connection_.HasInput(); }
  // Whether the last bytes read end a chunked body. httplib accepts some truncated bodies.
  bool EndsWithBlankLine() const { return tail_ == "\r\n\r\n"; }

 private:
  bool Flush() {
    if (write_failed_) return false;
    const bool written = connection_.Write(buffer_, limit_);
    buffer_.clear();
    if (written) return true;
    // A peer that answers early and then closes makes writing fail before its answer is read.
    if (connection_.HasInput()) {
      early_reply_ = true;
      return true;
    }
    write_failed_ = true;
    return false;
  }

  void Remember(const char* data, size_t size) {
    tail_.append(data + (size > 4 ? size - 4 : 0), std::min<size_t>(size, 4));
    if (tail_.size() > 4) tail_.erase(0, tail_.size() - 4);
  }

  // httplib reads the head byte by byte. After an interim answer (100) it takes any line for a status line.
  bool HeadIsBounded(std::string_view bytes) {
    head_bytes_ += bytes.size();
    for (const char c : bytes) {
      if (status_line_.size() < kStatusEnd && !status_line_done_) status_line_.push_back(c);
      line_bytes_ = c == '\n' ? 0 : line_bytes_ + 1;
      status_line_done_ = status_line_done_ || c == '\n';
      if (line_bytes_ > kMaxStatusLine && (!status_line_done_ || IsInterim())) return false;
    }
    return head_bytes_ <= kMaxHead;
  }
  bool IsInterim() const {
    return status_line_.size() == kStatusEnd && status_line_.compare(kStatusEnd - 3, 3, "100") == 0;
  }

  bool FramingIsBounded(size_t size) {
    read_bytes_ += size;
    framing_exceeded_ = read_bytes_ > kMaxFraming + body_bytes_ * (1 + kFramingPerByte);
    return !framing_exceeded_;
  }

  Connection& connection_;
  IoLimit& limit_;
  std::string buffer_;
  std::string tail_;
  static constexpr size_t kStatusEnd = 12;  // Of `HTTP/1.1 100`.
  std::string status_line_;                 // Its beginning.
  size_t line_bytes_ = 0;
  size_t head_bytes_ = 0;
  size_t read_bytes_ = 0;  // After the head.
  size_t body_bytes_ = 0;
  bool framing_exceeded_ = false;
  bool status_line_done_ = false;
  bool head_done_ = false;
  bool any_reply_ = false;
  bool request_sent_ = false;
  bool early_reply_ = false;
  bool write_failed_ = false;
  bool ended_ = false;
};

bool HasControls(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// One exchange.
class Exchange : private CodecEvents {
 public:
  Exchange(const HttpRequest& request, Connection& connection, IoLimit& limit, ByteSink* sink)
      : request_(request), limit_(limit), sink_(sink), stream_(connection, limit) {}

  ExchangeResult Run(const Url& url, CodecRequest& wire) {
    SetBody(wire);
    const CodecResult done = RunCodec(wire, url, stream_, *this);
    return Conclude(done.whole, done.error);
  }

 private:
  void SetBody(CodecRequest& wire) {
    if (request_.source == nullptr && request_.body.empty()) return;
    wire.body_size = request_.source == nullptr ? static_cast<int64_t>(request_.body.size()) : request_.source->Size();
    if (request_.source != nullptr && wire.body_size == 0) return;
    wire.has_body = true;
    chunked_ = !wire.body_size.has_value();
    if (!request_.content_type.empty()) wire.headers.emplace_back("Content-Type", request_.content_type);
  }

  std::optional<std::string_view> NextOfBody(size_t offset, size_t left) override {
    if (stream_.EarlyReply()) return Discarded(left);
    if (request_.source != nullptr) return NextPiece(left);
    return std::string_view(request_.body).substr(offset, left);
  }

  // The codec counts the bytes; WireStream discards them.
  std::string_view Discarded(size_t left) const {
    static const std::string nothing(1 << 20, '\0');
    return chunked_ ? std::string_view() : std::string_view(nothing).substr(0, left);
  }

  std::optional<std::string_view> NextPiece(size_t left) {
    absl::StatusOr<std::string> piece = request_.source->Next();
    if (!piece.ok()) {
      BreakOff(absl::StrCat("the source of the body failed: ", std::string(piece.status().message())));
    } else if (!chunked_ && piece->empty()) {
      BreakOff("the body is shorter than announced");
    } else if (!chunked_ && piece->size() > left) {
      BreakOff("the body is longer than announced");
    } else {
      piece_ = *std::move(piece);
      return piece_;
    }
    return std::nullopt;
  }

  bool BreakOff(std::string why) {
    broken_off_ = std::move(why);
    return false;
  }

  bool OnHead(int status, bool http_1_0, std::map<std::string, std::string> headers) override {
    stream_.HeadDone();
    reply_.status = status;
    reply_.headers = std::move(headers);
    http_1_0_ = http_1_0;
    to_sink_ = sink_ != nullptr && (status == 200 || status == 206);
    if (to_sink_ && !sink_->OnHeaders(reply_.status, reply_.headers)) return BreakOff("the reader stopped");
    return true;
  }

  bool OnBody(std::string_view bytes) override {
    stream_.CountBody(bytes.size());
    if (to_sink_) return sink_->OnBytes(bytes) || BreakOff("the reader stopped");
    if (reply_.body.size() + bytes.size() > request_.max_reply_bytes) {
      too_long_ = true;
      return false;
    }
    reply_.body.append(bytes);
    return true;
  }

  std::string Header(const std::string& name) const {
    const auto it = reply_.headers.find(name);
    return it == reply_.headers.end() ? "" : absl::AsciiStrToLower(it->second);
  }

  // Whether a body that the codec considers complete is complete.
  bool BodyIsWhole() const {
    if (absl::StrContains(Header("transfer-encoding"), "chunked")) return stream_.EndsWithBlankLine();
    return !stream_.ended() || Header("content-length").empty();
  }

  ExchangeResult Conclude(bool done, const std::string& error) {
    ExchangeResult result;
    const bool whole = done && (reply_.status == 204 || BodyIsWhole());
    if (whole) {
      reply_.outcome = HttpOutcome::kReply;
      // HTTP/1.0 closes after the reply, often a moment later.
      result.reusable = !http_1_0_ && stream_.request_sent() && !stream_.early_reply() && !stream_.ended() &&
                        !absl::StrContains(Header("connection"), "close");
    } else {
      reply_.outcome = FailedOutcome();
      reply_.answer_began = stream_.AnswerBegan();
      reply_.error = ErrorText(error);
      result.untouched = !stream_.any_reply();
    }
    result.reply = std::move(reply_);
    return result;
  }

  HttpOutcome FailedOutcome() const {
    if (!broken_off_.empty() || limit_.cancelled()) return HttpOutcome::kCancelled;
    if (stream_.head_done()) return HttpOutcome::kReplyCut;
    if (!stream_.request_sent() && !stream_.any_reply()) return HttpOutcome::kRequestCut;
    return HttpOutcome::kNoReply;
  }

  std::string ErrorText(const std::string& error) const {
    if (!broken_off_.empty()) return absl::StrCat("aborted: ", broken_off_);
    if (limit_.cancelled()) return "cancelled";
    if (limit_.timed_out()) return "time-out";
    if (stream_.framing_exceeded()) return "the reply has more framing than body";
    if (too_long_) return absl::StrCat("the reply is longer than ", request_.max_reply_bytes, " bytes");
    return absl::StrCat("connection lost (", error, ")");
  }

  const HttpRequest& request_;
  IoLimit& limit_;
  ByteSink* const sink_;
  WireStream stream_;
  HttpReply reply_;
  std::string piece_;  // Of the source, as long as the codec sends it.
  std::string broken_off_;
  bool chunked_ = false;
  bool to_sink_ = false;
  bool too_long_ = false;
  bool http_1_0_ = false;
};

ExchangeResult Refused(std::string error) {
  ExchangeResult result;
  result.reply.outcome = HttpOutcome::kNotSent;
  result.reply.error = std::move(error);
  return result;
}

}  // namespace

ExchangeResult RunExchange(const HttpRequest& request, const Url& url, const std::string& target,
                           const std::string& user_agent, const std::string& proxy_authorization,
                           Connection& connection, IoLimit& limit, ByteSink* sink) try {
  CodecRequest wire;
  wire.method = request.method;
  wire.target = target;
  wire.headers.emplace_back("Host", url.HostHeader());
  wire.headers.emplace_back("User-Agent", user_agent);
  wire.headers.emplace_back("Accept-Encoding", "identity");
  if (!proxy_authorization.empty()) wire.headers.emplace_back("Proxy-Authorization", proxy_authorization);
  for (const auto& [name, value] : request.headers) {
    if (HasControls(name) || HasControls(value)) return Refused("a header contains a control character");
    wire.headers.emplace_back(name, value);
  }
  return Exchange(request, connection, limit, sink).Run(url, wire);
} catch (const std::exception& error) {
  ExchangeResult result;
  // It is unknown how far the exchange came: assume the worst.
  result.reply.outcome = HttpOutcome::kNoReply;
  result.reply.error = absl::StrCat("exception: ", error.what());
  return result;
}

}  // namespace seedance::http
