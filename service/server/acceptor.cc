#include "service/server/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/base/host/host_port.h"
#include "service/base/log.h"
#include "service/base/thread.h"

namespace seedance::server {
namespace {

constexpr int kBacklog = 1024;
// Pause when no descriptor is left even to refuse a connection.
constexpr int kExhaustedPauseMs = 50;

absl::Status SystemError(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

std::string HostText(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  } else {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  }
  return text;
}

// As gRPC writes it, except that gRPC writes `%5B` for a bracket.
std::string PeerOf(const sockaddr_storage& address, const std::string& host) {
  if (address.ss_family != AF_INET6) {
    return absl::StrCat("ipv4:", host, ":", ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  const std::string port = std::to_string(ntohs(v6.sin6_port));
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    return absl::StrCat("ipv4:", host.substr(host.rfind(':') + 1), ":", port);
  }
  const std::string scope = v6.sin6_scope_id == 0 ? "" : absl::StrCat("%", v6.sin6_scope_id);
  return absl::StrCat("ipv6:[", host, scope, "]:", port);
}

std::string Decoded(std::string_view peer) {
  return absl::StrReplaceAll(absl::string_view(peer.data(), peer.size()), {{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}});
}

// The host as configured, with the port that the kernel assigned.
std::string BoundAddress(int listener, const std::string& wanted) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &length);
  const in_port_t port = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                                     : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  return absl::StrCat(base::WithoutPort(wanted), ":", ntohs(port));
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
  const std::optional<base::HostPort> split = base::SplitHostPort(options.address);
  if (!split.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("`", options.address, "` must have the form host:port"));
  }
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
  thread_ = base::StartThread("acceptor", [this] { Run(); });
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
  const std::string host = HostText(peer);
  if (!Admit(fd, {InodeOf(fd), host, PeerOf(peer, host), options_.clock->Now()})) {
    close(fd);
    return;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  on_connection_(fd);
}

void Acceptor::OnExhausted() {
  base::Log(base::LogLevel::kError, "connection_refused", {{"cause", "too many open files"}},
            {.cause = base::LogCause::kAnyone});
  if (reserve_ >= 0) {
    // Take it off the backlog, so that the peer is refused at once.
    close(reserve_);
    const int refused = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (refused >= 0) close(refused);
  }
  reserve_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pollfd stop = {wake_, POLLIN, 0};
  if (reserve_ < 0) poll(&stop, 1, kExhaustedPauseMs);
}

bool Acceptor::Admit(int fd, Connection connection) {
  base::MutexLock lock(mutex_);
  // A reused descriptor number: gRPC has closed the old connection.
  if (const auto reused = open_.find(fd); reused != open_.end()) ForgetLocked(reused);
  const auto over = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto count = per_host_.find(connection.host);
    return (options_.max_connections > 0 && open_.size() >= options_.max_connections) ||
           (options_.max_per_peer > 0 && count != per_host_.end() && count->second >= options_.max_per_peer);
  };
  if (over()) ForgetClosedLocked();
  if (over()) {
    base::Log(base::LogLevel::kWarning, "connection_refused",
              {{"cause", "connection limit"}, {"peer", connection.host}}, {.cause = base::LogCause::kAnyone});
    return false;
  }
  ++per_host_[connection.host];
  by_peer_[connection.peer] = fd;
  open_[fd] = std::move(connection);
  return true;
}

void Acceptor::ForgetClosedLocked() {
  for (auto connection = open_.begin(); connection != open_.end();) {
    const auto each = connection++;
    if (InodeOf(each->first) != each->second.inode) ForgetLocked(each);
  }
}

void Acceptor::ForgetLocked(std::unordered_map<int, Connection>::iterator connection) {
  const auto& [fd, facts] = *connection;
  if (--per_host_[facts.host] == 0) per_host_.erase(facts.host);
  // The same peer may have reconnected on another descriptor.
  const auto named = by_peer_.find(facts.peer);
  if (named != by_peer_.end() && named->second == fd) by_peer_.erase(named);
  open_.erase(connection);
}

std::optional<absl::Time> Acceptor::AcceptedAt(std::string_view peer) {
  base::MutexLock lock(mutex_);
  const auto found = by_peer_.find(Decoded(peer));
  if (found == by_peer_.end()) return std::nullopt;
  return open_.at(found->second).accepted;
}

bool Acceptor::Cut(int fd, const Connection& connection, int how) {
  // gRPC may close the descriptor at any moment, and its number may be reused: only a duplicate surely stays what it
  // was when checked.
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return false;
  const bool cut = InodeOf(own) == connection.inode && shutdown(own, how) == 0;
  close(own);
  return cut;
}

void Acceptor::End(std::string_view peer) {
  base::MutexLock lock(mutex_);
  const auto found = by_peer_.find(Decoded(peer));
  if (found != by_peer_.end()) Cut(found->second, open_.at(found->second), SHUT_RDWR);
}

size_t Acceptor::EndOthers(const std::set<std::string>& peers) {
  std::set<std::string> kept;
  for (const std::string& peer : peers) kept.insert(Decoded(peer));
  size_t ended = 0;
  base::MutexLock lock(mutex_);
  for (const auto& [fd, connection] : open_) {
    if (kept.count(connection.peer) == 0 && Cut(fd, connection, SHUT_WR)) ++ended;
  }
  return ended;
}

}  // namespace seedance::server
