#include "service/server/admin_server.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/cancel.h"
#include "service/base/log.h"
#include "service/base/thread_pool.h"
#include "service/server/acceptor.h"
#include "service/server/admin_stream.h"

namespace seedance::server {
namespace {

// Connections that are closed already may still have their thread.
constexpr size_t kSlack = 16;
constexpr size_t kFilePiece = 64 << 10;
// Chunks of a few bytes each have larger frames than content.
constexpr size_t kMaxFramedBody = 4 * kMaxWebhookBytes;
constexpr std::string_view kHeadTooLong =
    "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr char kRetrySeconds[] = "5";

AdminRequest RequestOf(const httplib::Request& from) {
  AdminRequest request;
  request.method = from.method;
  request.path = from.path;
  request.range = from.get_header_value("Range");
  request.if_range = from.get_header_value("If-Range");
  request.webhook_secret = from.get_header_value("X-Webhook-Secret");
  request.content_length = from.get_header_value("Content-Length");
  request.transfer_encoding = from.get_header_value("Transfer-Encoding");
  request.content_encoding = from.get_header_value("Content-Encoding");
  request.content_type = from.get_header_value("Content-Type");
  return request;
}

// What httplib's HTTP code reads from and writes to.
class WireStream : public httplib::Stream {
 public:
  explicit WireStream(AdminStream& stream) : stream_(stream) {}

  bool is_readable() const override { return !stream_.broken(); }
  bool is_writable() const override { return !stream_.broken(); }
  ssize_t read(char* data, size_t size) override { return stream_.Read(data, size); }
  ssize_t write(const char* data, size_t size) override {
    return stream_.Write({data, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  AdminStream& stream_;
};

// One of the places for files that are sent; given back with the object.
class TransferSlot {
 public:
  TransferSlot(std::atomic<size_t>& used, size_t most) : used_(used), taken_(used.fetch_add(1) < most) {}
  ~TransferSlot() { used_.fetch_sub(1); }
  TransferSlot(const TransferSlot&) = delete;
  TransferSlot& operator=(const TransferSlot&) = delete;

  bool taken() const { return taken_; }

 private:
  std::atomic<size_t>& used_;
  const bool taken_;
};

httplib::ContentProvider SendFile(const AdminAnswer& answer, std::shared_ptr<TransferSlot> slot) {
  return [file = answer.file, begin = answer.offset, slot = std::move(slot)](size_t offset, size_t length,
                                                                             httplib::DataSink& sink) {
    std::array<char, kFilePiece> piece;
    const int64_t n = file->ReadAt(begin + static_cast<int64_t>(offset), piece.data(), std::min(length, piece.size()));
    // A file that became shorter: the peer sees that the connection ends too early.
    return n > 0 && sink.write(piece.data(), static_cast<size_t>(n));
  };
}

}  // namespace

// httplib parses requests and writes answers; sockets, threads and limits are ours.
class AdminServer::Impl : private httplib::Server {
 public:
  Impl(std::unique_ptr<Acceptor> acceptor, const Limits& limits)
      : limits_(limits),
        acceptor_(std::move(acceptor)),
        cancel_(std::make_shared<base::CancelToken>()),
        threads_("admin", limits.max_connections + kSlack, kSlack) {
    // httplib sends no file when it has no listening socket. It never uses this one: it does not listen.
    svr_sock_ = 0;
  }
  ~Impl() override { Stop(); }

  const std::string& address() const { return acceptor_->address(); }

  void Start(AdminHooks hooks) {
    answers_.emplace(std::move(hooks));
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      std::optional<AdminAnswer> answer = answers_->Answer(RequestOf(request));
      if (!answer.has_value()) return HandlerResponse::Unhandled;
      Give(request, *std::move(answer), response);
      return HandlerResponse::Handled;
    });
    // Only webhooks come so far.
    Post(".*", [this](const httplib::Request& request, httplib::Response& response,
                      const httplib::ContentReader& reader) { TakeBody(request, response, reader); });
    // httplib would send the text of the exception in a header.
    set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
      base::Log(base::LogLevel::kError, "admin_request_failed", {});
      response.status = 500;
    });
    acceptor_->Start([this](int fd) {
      auto stream = std::make_unique<AdminStream>(
          fd, AdminStream::Limits{limits_.receive_time, limits_.write_pause, limits_.exchange_time, kMaxFramedBody},
          cancel_);
      // Refused only when the server stops; the connection is closed then.
      (void)threads_.Submit([this, stream = std::move(stream)] { Serve(*stream); });
    });
  }

  void Stop() {
    acceptor_->Stop();
    cancel_->Cancel();
    threads_.Stop();
  }

 private:
  void Serve(AdminStream& stream) {
    switch (stream.ReadHead()) {
      case AdminStream::Head::kNone:
        return;
      case AdminStream::Head::kTooLong:
        (void)stream.Write(kHeadTooLong);
        break;
      case AdminStream::Head::kWhole:
        Exchange(stream);
        break;
    }
    stream.Linger();
  }

  void Exchange(AdminStream& stream) {
    WireStream wire(stream);
    bool closed = false;
    try {
      process_request(wire, /*close_connection=*/true, closed, [&stream](httplib::Request& request) {
        if (!stream.range().empty()) request.set_header("Range", stream.range());
      });
    } catch (const std::exception&) {
      // Out of memory, or of what a regular expression may use. Its text may hold parts of the request.
      base::Log(base::LogLevel::kError, "admin_request_failed", {});
    }
  }

  void TakeBody(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& reader) {
    std::string body;
    bool too_large = false;
    const bool whole = reader([&](const char* data, size_t size) {
      too_large = body.size() + size > kMaxWebhookBytes;
      if (!too_large) body.append(data, size);
      return !too_large;
    });
    if (too_large) {
      Give(request, AdminAnswers::TooLarge(), response);
    } else if (!whole) {
      response.status = 400;
    } else {
      Give(request, answers_->AnswerBody(RequestOf(request), body), response);
    }
  }

  void Give(const httplib::Request& request, AdminAnswer answer, httplib::Response& response) {
    std::shared_ptr<TransferSlot> slot;
    if (answer.file != nullptr) {
      slot = std::make_shared<TransferSlot>(transfers_, limits_.max_transfers);
      if (!slot->taken()) {
        answer = AdminAnswer{.status = 503, .headers = {{"Retry-After", kRetrySeconds}}, .body = "busy\n"};
      }
    }
    const std::string_view route = AdminAnswers::RouteOf(request.path);
    // Health, and what anybody may ask for by chance.
    const bool routine = request.path == route || answer.status == 404;
    base::Log(routine ? base::LogLevel::kDebug : base::LogLevel::kInfo, "admin_request",
              {{"method", request.method}, {"route", route}, {"status", answer.status}});
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    if (answer.file == nullptr) {
      response.set_content(answer.body, answer.content_type);
    } else {
      response.set_content_provider(static_cast<size_t>(answer.length), answer.content_type,
                                    SendFile(answer, std::move(slot)));
    }
  }

  const Limits limits_;
  const std::unique_ptr<Acceptor> acceptor_;
  const std::shared_ptr<base::CancelToken> cancel_;
  std::optional<AdminAnswers> answers_;
  std::atomic<size_t> transfers_ = 0;
  base::ThreadPool threads_;
};

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Listen(const std::string& address, const Limits& limits) {
  Acceptor::Options options;
  options.address = address;
  options.max_connections = limits.max_connections;
  absl::StatusOr<std::unique_ptr<Acceptor>> acceptor = Acceptor::Listen(options);
  if (!acceptor.ok()) return acceptor.status();
  return std::unique_ptr<AdminServer>(new AdminServer(std::make_unique<Impl>(*std::move(acceptor), limits)));
}

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() = default;

const std::string& AdminServer::address() const { return impl_->address(); }

void AdminServer::Start(AdminHooks hooks) { impl_->Start(std::move(hooks)); }

void AdminServer::Stop() { impl_->Stop(); }

}  // namespace seedance::server
