#include "service/server/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"

namespace seedance::server {
namespace {

constexpr int kBacklog = 1024;
// Pause after running out of descriptors when not even refusing works.
constexpr int kExhaustedPauseMs = 50;

absl::Status SystemError(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

struct HostPort {
  std::string host;
  std::string port;
};

absl::StatusOr<HostPort> Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("`", address, "` must be of the form host:port"));
  }
  HostPort split{address.substr(0, colon), address.substr(colon + 1)};
  if (split.host.size() >= 2 && split.host.front() == '[' && split.host.back() == ']') {
    split.host = split.host.substr(1, split.host.size() - 2);
  }
  return split;
}

std::string HostOf(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  } else {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  }
  return text;
}

// The port that the kernel gave, behind the host as it was written.
std::string BoundAddress(int listener, const std::string& wanted) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &length);
  const in_port_t port = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                                     : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  return absl::StrCat(wanted.substr(0, wanted.rfind(':')), ":", ntohs(port));
}

absl::StatusOr<int> Bind(const addrinfo& info) {
  const int fd = socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, info.ai_addr, info.ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    const absl::Status error = SystemError("bind");
    close(fd);
    return error;
  }
  return fd;
}

uint64_t InodeOf(int fd) {
  struct stat facts {};
  return fstat(fd, &facts) == 0 ? facts.st_ino : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const Options& options) {
  absl::StatusOr<HostPort> split = Split(options.address);
  if (!split.ok()) return split.status();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const char* host = split->host.empty() ? nullptr : split->host.c_str();
  const int failed = getaddrinfo(host, split->port.c_str(), &hints, &found);
  if (failed != 0) {
    return absl::InvalidArgumentError(absl::StrCat("`", options.address, "`: ", gai_strerror(failed)));
  }
  absl::StatusOr<int> listener = Bind(*found);
  freeaddrinfo(found);
  if (!listener.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.address, ": ", std::string(listener.status().message())));
  }
  const int wake = eventfd(0, EFD_CLOEXEC);
  return std::unique_ptr<Acceptor>(new Acceptor(options, *listener, wake, BoundAddress(*listener, options.address)));
}

Acceptor::Acceptor(const Options& options, int listener, int wake, std::string address)
    : options_(options),
      listener_(listener),
      wake_(wake),
      reserve_(open("/dev/null", O_RDONLY | O_CLOEXEC)),
      address_(std::move(address)) {}

Acceptor::~Acceptor() {
  Stop();
  if (reserve_ >= 0) close(reserve_);
  close(wake_);
}

void Acceptor::Start(OnConnection on_connection) {
  on_connection_ = std::move(on_connection);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  const uint64_t one = 1;
  if (thread_.joinable()) {
    (void)!write(wake_, &one, sizeof one);
    thread_.join();
  }
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
}

void Acceptor::Run() {
  pthread_setname_np(pthread_self(), "acceptor");
  pollfd wanted[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
  for (;;) {
    if (poll(wanted, 2, -1) < 0 && errno != EINTR) return;
    if (wanted[1].revents != 0) return;
    if (wanted[0].revents != 0) AcceptOne();
  }
}

void Acceptor::AcceptOne() {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&peer), &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) OnExhausted();
    return;
  }
  if (!Admit(fd, HostOf(peer))) {
    close(fd);
    return;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  on_connection_(fd);
}

void Acceptor::OnExhausted() {
  base::Log(base::LogLevel::kError, "connection_refused", {{"cause", "too many open files"}});
  if (reserve_ >= 0) {
    // Take it off the backlog, so that the peer hears of it at once.
    close(reserve_);
    const int refused = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (refused >= 0) close(refused);
  }
  reserve_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pollfd stop = {wake_, POLLIN, 0};
  if (reserve_ < 0) poll(&stop, 1, kExhaustedPauseMs);
}

bool Acceptor::Admit(int fd, const std::string& peer) {
  const auto reused = open_.find(fd);
  if (reused != open_.end()) {
    // The descriptor was closed by gRPC and came back.
    if (--per_peer_[reused->second.peer] == 0) per_peer_.erase(reused->second.peer);
    open_.erase(reused);
  }
  const auto over = [&] {
    const auto count = per_peer_.find(peer);
    return (options_.max_connections > 0 && open_.size() >= options_.max_connections) ||
           (options_.max_per_peer > 0 && count != per_peer_.end() && count->second >= options_.max_per_peer);
  };
  if (over()) ForgetClosed();
  if (over()) {
    base::Log(base::LogLevel::kWarning, "connection_refused", {{"cause", "limit of connections"}, {"peer", peer}});
    return false;
  }
  open_[fd] = {InodeOf(fd), peer};
  ++per_peer_[peer];
  return true;
}

void Acceptor::ForgetClosed() {
  for (auto connection = open_.begin(); connection != open_.end();) {
    if (InodeOf(connection->first) == connection->second.inode) {
      ++connection;
      continue;
    }
    if (--per_peer_[connection->second.peer] == 0) per_peer_.erase(connection->second.peer);
    connection = open_.erase(connection);
  }
}

}  // namespace seedance::server
