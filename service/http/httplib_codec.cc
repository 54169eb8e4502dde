#include "service/http/httplib_codec.h"

#include <httplib.h>

#include <chrono>
#include <functional>

#include "absl/strings/ascii.h"

#ifdef __clang__
#pragma clang diagnostic ignored "-Winconsistent-missing-override"  // Which function overrides depends on the version.
#endif

namespace seedance::http {
namespace {

// A CodecStream as cpp-httplib wants it.
class HttplibStream : public httplib::Stream {
 public:
  explicit HttplibStream(CodecStream& stream) : stream_(stream) {}

  bool is_readable() const override { return true; }
  // cpp-httplib 0.19 replaced the first by those behind it. NOLINTBEGIN(modernize-use-override)
  bool is_writable() const { return stream_.Writable(); }
  bool wait_readable() const { return true; }
  bool wait_writable() const { return stream_.Writable(); }
  time_t duration() const { return 0; }
  // NOLINTEND(modernize-use-override)
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  ssize_t read(char* data, size_t size) override { return stream_.Read(data, size); }
  ssize_t write(const char* data, size_t size) override {
    return stream_.Write({data, size}) ? static_cast<ssize_t>(size) : -1;
  }

 private:
  CodecStream& stream_;
};

// httplib's HTTP client over a stream. Sockets, time-outs, TLS and proxies stay with Connection: httplib's have no
// total deadline, cannot be cancelled while connecting and do not tell how far a request came.
class HttplibClient : public httplib::ClientImpl {
 public:
  HttplibClient(const Url& url, CodecStream& stream) : ClientImpl(url.host, url.port), stream_(stream) {
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

  HttplibStream stream_;
};

void SetBody(const CodecRequest& request, CodecEvents& events, httplib::Request& wire) {
  if (!request.has_body) return;
  const bool chunked = !request.body_size.has_value();
  wire.is_chunked_content_provider_ = chunked;
  if (chunked) {
    wire.headers.emplace("Transfer-Encoding", "chunked");
  } else {
    wire.content_length_ = static_cast<size_t>(*request.body_size);
  }
  wire.content_provider_ = [&events, chunked](size_t offset, size_t left, httplib::DataSink& out) {
    const std::optional<std::string_view> piece = events.NextOfBody(offset, left);
    if (!piece.has_value()) return false;
    if (chunked && piece->empty()) {
      out.done();
    } else {
      out.write(piece->data(), piece->size());
    }
    return true;
  };
}

std::map<std::string, std::string> LowerHeaders(const httplib::Headers& headers) {
  std::map<std::string, std::string> lower;
  for (const auto& [name, value] : headers) lower.emplace(absl::AsciiStrToLower(name), value);
  return lower;
}

}  // namespace

CodecResult RunCodec(const CodecRequest& request, const Url& url, CodecStream& stream, CodecEvents& events) {
  httplib::Request wire;
  wire.method = request.method;
  wire.path = request.target;
  for (const auto& [name, value] : request.headers) wire.headers.emplace(name, value);
  SetBody(request, events, wire);
  bool told = false;
  const auto tell = [&](const httplib::Response& response) {
    told = true;
    return events.OnHead(response.status, response.version == "HTTP/1.0", LowerHeaders(response.headers));
  };
  wire.response_handler = tell;
  wire.content_receiver = [&events](const char* data, size_t size, uint64_t, uint64_t) {
    return events.OnBody({data, size});
  };
  HttplibClient client(url, stream);
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  CodecResult result;
  result.whole = client.send(wire, response, error);
  // For a reply without a body (204) httplib does not call the handler.
  if (result.whole && !told) tell(response);
  result.error = httplib::to_string(error);
  return result;
}

}  // namespace seedance::http
