#include "service/http/http_exchange.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#ifdef __clang__
#pragma clang diagnostic ignored "-Winconsistent-missing-override"  // Which function overrides depends on the version.
#endif

namespace seedance::http {
namespace {

constexpr size_t kWriteBuffer = 16384;
// httplib matches the status line with std::regex, whose stack use grows with the line.
constexpr size_t kMaxStatusLine = 2048;
constexpr size_t kMaxHead = 64 << 10;
// Bound on framing of a body (chunk lengths and extensions): this much, plus as many bytes as the body has.
constexpr size_t kMaxFraming = 64 << 10;
constexpr size_t kFramingPerByte = 8;

// The byte stream under httplib's HTTP code. Records how far the exchange has come, which decides what a failure means;
// httplib's own error codes are too coarse for that.
class WireStream : public httplib::Stream {
 public:
  WireStream(Connection& connection, IoLimit& limit) : connection_(connection), limit_(limit) {}

  bool is_readable() const override { return true; }
  // cpp-httplib 0.19 replaced the first by those behind it. NOLINTBEGIN(modernize-use-override)
  bool is_writable() const { return !write_failed_; }
  bool wait_readable() const { return true; }
  bool wait_writable() const { return !write_failed_; }
  time_t duration() const { return 0; }
  // NOLINTEND(modernize-use-override)
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  // httplib reads only when it has written the whole request.
  ssize_t read(char* data, size_t size) override {
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

  ssize_t write(const char* data, size_t size) override {
    // Discard the rest of a request that is already answered.
    if (early_reply_) return static_cast<ssize_t>(size);
    if (write_failed_) return -1;
    buffer_.append(data, size);
    if (buffer_.size() >= kWriteBuffer && !Flush()) return -1;
    return static_cast<ssize_t>(size);
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

// httplib's HTTP client over a Connection. Sockets, time-outs, TLS and proxies stay with Connection: httplib's have no
// total deadline, cannot be cancelled while connecting and do not tell how far a request came.
class HttpCodec : public httplib::ClientImpl {
 public:
  HttpCodec(const Url& url, WireStream& stream) : ClientImpl(url.host, url.port), stream_(stream) {
    set_keep_alive(true);
    set_follow_location(false);
    set_decompress(false);
    KeepPath(*this);
  }

 private:
  // Leaves the socket invalid: there is nothing for httplib to close.
  bool create_and_connect_socket(Socket&, httplib::Error&) override { return true; }
  // One of the two overrides: cpp-httplib 0.19 added the time. NOLINTNEXTLINE(modernize-use-override)
  bool process_socket(const Socket&, std::function<bool(httplib::Stream&)> callback) { return callback(stream_); }
  bool process_socket(const Socket&, std::chrono::time_point<std::chrono::steady_clock>,
                      std::function<bool(httplib::Stream&)> callback) {
    return callback(stream_);
  }

  // The path is sent as it is. cpp-httplib 0.25 renamed the setting.
  template <typename Client>
  static void KeepPath(Client& client) {
    if constexpr (requires { client.set_path_encode(false); }) {
      client.set_path_encode(false);
    } else {
      client.set_url_encode(false);
    }
  }

  WireStream& stream_;
};

bool HasControls(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::map<std::string, std::string> LowerHeaders(const httplib::Headers& headers) {
  std::map<std::string, std::string> lower;
  for (const auto& [name, value] : headers) lower.emplace(absl::AsciiStrToLower(name), value);
  return lower;
}

// One exchange.
class Exchange {
 public:
  Exchange(const HttpRequest& request, Connection& connection, IoLimit& limit, ByteSink* sink)
      : request_(request), limit_(limit), sink_(sink), stream_(connection, limit) {}

  ExchangeResult Run(const Url& url, httplib::Request& wire) {
    SetBody(wire);
    wire.response_handler = [this](const httplib::Response& response) { return OnHead(response); };
    wire.content_receiver = [this](const char* data, size_t size, uint64_t, uint64_t) { return OnBody({data, size}); };
    HttpCodec codec(url, stream_);
    httplib::Response response;
    httplib::Error error = httplib::Error::Success;
    const bool done = codec.send(wire, response, error);
    // For a reply without a body (204) httplib does not call the handler.
    if (done && !stream_.head_done()) OnHead(response);
    return Conclude(done, httplib::to_string(error));
  }

 private:
  void SetBody(httplib::Request& wire) {
    const bool empty = request_.source == nullptr && request_.body.empty();
    if (empty) return;
    const std::optional<int64_t> size =
        request_.source == nullptr ? static_cast<int64_t>(request_.body.size()) : request_.source->Size();
    if (request_.source != nullptr && size == 0) return;
    if (!request_.content_type.empty()) wire.headers.emplace("Content-Type", request_.content_type);
    wire.is_chunked_content_provider_ = !size.has_value();
    if (size.has_value()) {
      wire.content_length_ = static_cast<size_t>(*size);
    } else {
      wire.headers.emplace("Transfer-Encoding", "chunked");
    }
    wire.content_provider_ = [this, chunked = !size.has_value()](size_t offset, size_t left, httplib::DataSink& out) {
      if (stream_.EarlyReply()) return Discard(chunked, left, out);
      if (request_.source != nullptr) return SendPiece(chunked, left, out);
      out.write(request_.body.data() + offset, left);
      return true;
    };
  }

  // httplib counts the bytes; WireStream discards them.
  static bool Discard(bool chunked, size_t left, httplib::DataSink& out) {
    static const std::string nothing(1 << 20, '\0');
    if (chunked) {
      out.done();
    } else {
      out.write(nothing.data(), std::min(left, nothing.size()));
    }
    return true;
  }

  bool SendPiece(bool chunked, size_t left, httplib::DataSink& out) {
    absl::StatusOr<std::string> piece = request_.source->Next();
    if (!piece.ok())
      return BreakOff(absl::StrCat("the source of the body failed: ", std::string(piece.status().message())));
    if (chunked && piece->empty()) {
      out.done();
      return true;
    }
    if (!chunked && piece->empty()) return BreakOff("the body is shorter than announced");
    if (!chunked && piece->size() > left) return BreakOff("the body is longer than announced");
    out.write(piece->data(), piece->size());
    return true;
  }

  bool BreakOff(std::string why) {
    broken_off_ = std::move(why);
    return false;
  }

  bool OnHead(const httplib::Response& response) {
    stream_.HeadDone();
    reply_.status = response.status;
    reply_.headers = LowerHeaders(response.headers);
    http_1_0_ = response.version == "HTTP/1.0";
    to_sink_ = sink_ != nullptr && (response.status == 200 || response.status == 206);
    if (to_sink_ && !sink_->OnHeaders(reply_.status, reply_.headers)) return BreakOff("the reader stopped");
    return true;
  }

  bool OnBody(std::string_view bytes) {
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

  // Whether a body that httplib considers complete is complete.
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
  std::string broken_off_;
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
  httplib::Request wire;
  wire.method = request.method;
  wire.path = target;
  wire.headers.emplace("Host", url.HostHeader());
  wire.headers.emplace("User-Agent", user_agent);
  wire.headers.emplace("Accept-Encoding", "identity");
  if (!proxy_authorization.empty()) wire.headers.emplace("Proxy-Authorization", proxy_authorization);
  for (const auto& [name, value] : request.headers) {
    if (HasControls(name) || HasControls(value)) return Refused("a header contains a control character");
    wire.headers.emplace(name, value);
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
