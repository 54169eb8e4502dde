#include "tests/sandbox/wire/wire_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"

#ifdef __clang__
#pragma clang diagnostic ignored "-Winconsistent-missing-override"  // Which function overrides depends on the version.
#endif

namespace seedance::sandbox {
namespace {

constexpr int kIdleMilliseconds = 60'000;  // A silent connection is closed.
constexpr int kReadMilliseconds = 60'000;  // Pause inside a request.
constexpr size_t kMaxConnections = 4'000;  // One thread each while it is open.
constexpr size_t kMaxWaitingConnections = 4'000;

bool WaitFor(int socket, short events, int milliseconds) {
  pollfd waiting{socket, events, 0};
  int ready = 0;
  do {
    ready = poll(&waiting, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// Address and port of one end; getpeername or getsockname.
template <typename GetName>
void ReadEnd(int socket, GetName get_name, std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST] = "";
  char service[NI_MAXSERV] = "";
  if (get_name(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  if (getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, service, sizeof service,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return;
  }
  ip = host;
  port = atoi(service);
}

// Makes close() send RST.
void ResetOnClose(int socket) {
  const linger hard{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

absl::StatusOr<int> Listen(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("no such address: ", host, ":", port));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  const int listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, found->ai_addr, found->ai_addrlen) != 0 || listen(listener, 1024) != 0) {
    const std::string reason = strerror(errno);
    close(listener);
    return absl::UnavailableError(absl::StrCat("cannot listen on ", host, ":", port, ": ", reason));
  }
  return listener;
}

}  // namespace

// One accepted socket as httplib sees it. Output is sent at once until BeginReply, then collected until SendReply.
class WireServer::Connection : public httplib::Stream {
 public:
  explicit Connection(int socket) : socket_(socket) {}

  bool WaitForRequest() { return position_ < filled_ || WaitFor(socket_, POLLIN, kIdleMilliseconds); }
  // False: the connection was broken, nobody is to answer.
  bool BeginReply() {
    collecting_ = true;
    wire_ = Wire::kWhole;
    return !broken_;
  }
  void SetWire(Wire wire) { wire_ = wire; }
  void Break() {
    broken_ = true;
    ResetOnClose(socket_);
  }

  // False: the connection is to be closed.
  bool SendReply() {
    collecting_ = false;
    std::string reply;
    reply.swap(reply_);
    if (broken_ || wire_ == Wire::kNothing) return false;
    if (wire_ == Wire::kWhole) return Send(reply);
    const size_t head = reply.find("\r\n\r\n");
    const size_t body = head == std::string::npos ? 0 : head + 4;
    reply.resize(body + (reply.size() - body) / 2);
    Send(reply);
    return false;
  }

  bool is_readable() const override { return position_ < filled_ || WaitFor(socket_, POLLIN, kReadMilliseconds); }
  // cpp-httplib 0.19 replaced the first by those behind it. NOLINTBEGIN(modernize-use-override)
  bool is_writable() const { return !broken_; }
  bool wait_readable() const { return is_readable(); }
  bool wait_writable() const { return !broken_; }
  time_t duration() const { return 0; }
  // NOLINTEND(modernize-use-override)

  ssize_t read(char* data, size_t size) override {
    if (broken_) return -1;
    if (position_ == filled_) {
      if (!WaitFor(socket_, POLLIN, kReadMilliseconds)) return -1;
      const ssize_t got = recv(socket_, buffer_, sizeof buffer_, 0);
      if (got <= 0) return got;
      position_ = 0;
      filled_ = static_cast<size_t>(got);
    }
    const size_t taken = std::min(size, filled_ - position_);
    memcpy(data, buffer_ + position_, taken);
    position_ += taken;
    return static_cast<ssize_t>(taken);
  }

  ssize_t write(const char* data, size_t size) override {
    if (broken_) return -1;
    if (collecting_) {
      reply_.append(data, size);
    } else if (!Send(std::string_view(data, size))) {
      return -1;
    }
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override { ReadEnd(socket_, getpeername, ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ReadEnd(socket_, getsockname, ip, port); }
  socket_t socket() const override { return socket_; }

 private:
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  const int socket_;
  bool broken_ = false;
  bool collecting_ = false;
  Wire wire_ = Wire::kWhole;
  std::string reply_;
  char buffer_[16 * 1024];
  size_t position_ = 0;
  size_t filled_ = 0;
};

thread_local WireServer::Connection* WireServer::current_ = nullptr;

WireServer::WireServer() : pool_("sandbox-http", kMaxConnections, kMaxWaitingConnections) {
  // Only told to clients; the loop in Serve decides.
  set_keep_alive_max_count(1'000'000);
  set_keep_alive_timeout(kIdleMilliseconds / 1000);
  // Runs after `100 Continue` was sent, before the body is read.
  set_pre_routing_handler([](const httplib::Request&, httplib::Response&) {
    return current_->BeginReply() ? HandlerResponse::Unhandled : HandlerResponse::Handled;
  });
}

WireServer::~WireServer() { Stop(); }

void WireServer::SetWire(Wire wire) {
  if (current_ != nullptr) current_->SetWire(wire);
}

absl::StatusOr<std::string> WireServer::Start(const std::string& listen, Admit admit) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return absl::InvalidArgumentError(absl::StrCat("not host:port: ", listen));
  absl::StatusOr<int> listener = Listen(listen.substr(0, colon), listen.substr(colon + 1));
  if (!listener.ok()) return listener.status();
  listener_ = *listener;
  admit_ = std::move(admit);
  std::string ip;
  int port = 0;
  ReadEnd(listener_, getsockname, ip, port);
  acceptor_ = std::thread([this] { Accept(); });
  return absl::StrCat(listen.substr(0, colon), ":", port);
}

void WireServer::Stop() {
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    for (const int socket : open_) shutdown(socket, SHUT_RDWR);
  }
  if (listener_ >= 0) shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  if (listener_ >= 0) close(listener_);
  pool_.Stop();
}

void WireServer::Accept() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      // After Stop accept fails with EINVAL; a lack of descriptors passes.
      if (errno == EINVAL || errno == EBADF) return;
      if (errno == EMFILE || errno == ENFILE) poll(nullptr, 0, 10);
      continue;
    }
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!pool_.Submit([this, socket] { Serve(socket); })) close(socket);
  }
}

template <typename Self, typename SetUp>
bool WireServer::Answer(Self& self, Connection& connection, bool& last, SetUp set_up) {
  if constexpr (requires { self.process_request(connection, false, last, set_up); }) {
    return self.process_request(connection, false, last, set_up);
  } else {
    // cpp-httplib 0.15 and newer are told both ends.
    std::string remote, local;
    int remote_port = 0, local_port = 0;
    connection.get_remote_ip_and_port(remote, remote_port);
    connection.get_local_ip_and_port(local, local_port);
    return self.process_request(connection, remote, remote_port, local, local_port, false, last, set_up);
  }
}

void WireServer::Serve(int socket) {
  {
    base::MutexLock lock(mutex_);
    if (stopped_) shutdown(socket, SHUT_RDWR);
    open_.insert(socket);
  }
  Connection connection(socket);
  current_ = &connection;
  bool last = false;
  while (!last && connection.WaitForRequest()) {
    const bool answered = Answer(*this, connection, last, [&](httplib::Request& request) {
      // Ranges are served by hand: httplib would also cut error replies.
      request.ranges.clear();
      if (admit_ && !admit_(request)) connection.Break();
    });
    if (!connection.SendReply() || !answered) break;
  }
  current_ = nullptr;
  base::MutexLock lock(mutex_);
  open_.erase(socket);
  close(socket);
}

}  // namespace seedance::sandbox
