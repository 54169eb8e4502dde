#include "tests/testing/tcp_gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace seedance::testing {
namespace {

constexpr absl::Duration kLeaveTime = absl::Seconds(1);

absl::StatusOr<sockaddr_in> ParseAddress(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  int port = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &port) ||
      inet_pton(AF_INET, parts[0].c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("no IPv4 address with port: ", text));
  }
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int NewSocket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

void NoDelay(int socket) {
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

void CloseWithReset(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(socket);
}

// True at the end of the stream.
bool Discard(int socket) {
  char bytes[4096];
  const ssize_t got = recv(socket, bytes, sizeof(bytes), 0);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace

// A connection: the two sockets and what passes between them. Closed by its destructor, with RST unless it left.
struct TcpGate::Link {
  Link(int client_socket, int server_socket)
      : client(client_socket),
        server(server_socket),
        up(client_socket, server_socket, GateDirection::kToServer),
        down(server_socket, client_socket, GateDirection::kToClient) {}
  ~Link() {
    for (const int socket : {client, server}) {
      if (orderly) {
        close(socket);
      } else {
        CloseWithReset(socket);
      }
    }
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const int client;
  const int server;
  GatePipe up;
  GatePipe down;
  bool up_ended = false;  // The FIN was passed on.
  bool down_ended = false;
  bool orderly = false;
  bool gone = false;
  // While it leaves: both sides were told FIN, and what they still send is dropped.
  bool client_left = false;
  bool server_left = false;
  absl::Time leave_by = absl::InfiniteFuture();

  bool leaving() const { return leave_by != absl::InfiniteFuture(); }
};

TcpGate::TcpGate(const std::string& target, uint64_t seed) : target_(target), random_(seed) {}

absl::StatusOr<std::unique_ptr<TcpGate>> TcpGate::Start(const std::string& target, uint64_t seed) {
  if (const auto parsed = ParseAddress(target); !parsed.ok()) return parsed.status();
  auto gate = std::unique_ptr<TcpGate>(new TcpGate(target, seed));
  gate->address_ = "127.0.0.1:0";
  if (const absl::Status listening = gate->Listen(); !listening.ok()) return listening;
  sockaddr_in bound{};
  socklen_t size = sizeof(bound);
  getsockname(gate->listener_, reinterpret_cast<sockaddr*>(&bound), &size);
  gate->address_ = absl::StrCat("127.0.0.1:", ntohs(bound.sin_port));
  gate->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  gate->thread_ = std::thread([gate = gate.get()] { gate->Loop(); });
  return gate;
}

TcpGate::~TcpGate() {
  if (thread_.joinable()) {
    Do([this] { stopping_ = true; });
    thread_.join();
  }
  links_.clear();
  if (listener_ >= 0) close(listener_);
  if (wake_ >= 0) close(wake_);
}

absl::Status TcpGate::Listen() {
  const absl::StatusOr<sockaddr_in> address = ParseAddress(address_);
  if (!address.ok()) return address.status();
  listener_ = NewSocket();
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0 &&
      listen(listener_, SOMAXCONN) == 0) {
    return absl::OkStatus();
  }
  const std::string reason = strerror(errno);
  close(std::exchange(listener_, -1));
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address_, ": ", reason));
}

void TcpGate::Do(absl::FunctionRef<void()> action) {
  base::MutexLock lock(mutex_);
  while (action_ != nullptr) done_.Wait(mutex_);
  action_ = &action;
  eventfd_write(wake_, 1);
  while (action_ == &action) done_.Wait(mutex_);
}

void TcpGate::RunAction() {
  eventfd_t count;
  eventfd_read(wake_, &count);
  base::MutexLock lock(mutex_);
  if (action_ == nullptr) return;
  (*action_)();
  action_ = nullptr;
  done_.NotifyAll();
}

void TcpGate::SetWeather(const GateWeather& weather) {
  Do([&] { weather_ = weather; });
}

void TcpGate::Close() {
  Do([this] {
    if (listener_ >= 0) close(std::exchange(listener_, -1));
  });
}

void TcpGate::Open() {
  Do([this] {
    // The port was ours, and stays so while connections of it live; SO_REUSEADDR covers those that are ending.
    if (listener_ < 0) Listen().IgnoreError();
  });
}

void TcpGate::ResetAll() {
  Do([this] {
    stats_.resets += static_cast<int64_t>(links_.size());
    links_.clear();
  });
}

void TcpGate::FinishAll() {
  Do([this] {
    stats_.cuts += static_cast<int64_t>(links_.size());
    for (Link& link : links_) Finish(link, absl::Now());
  });
}

void TcpGate::Stall(GateDirection direction, bool stalled) {
  Do([&] {
    for (Link& link : links_) (direction == GateDirection::kToServer ? link.up : link.down).SetStalled(stalled);
  });
}

GateStats TcpGate::Stats() {
  GateStats stats;
  Do([&] {
    stats = stats_;
    stats.open = static_cast<int64_t>(links_.size());
    for (const Link& link : links_) stats.held_bytes += link.up.held_bytes() + link.down.held_bytes();
  });
  return stats;
}

void TcpGate::Loop() {
  while (!stopping_) {
    std::vector<pollfd> polled = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    std::vector<Link*> links;
    absl::Time next = absl::InfiniteFuture();
    const absl::Time before = absl::Now();
    // What a socket is watched for: the pipe that reads from it and the one that writes to it.
    const auto events = [&](const GatePipe& reader, const GatePipe& writer) -> short {
      const absl::Time due = writer.next_write();
      if (due > before) next = std::min(next, due);
      return static_cast<short>((reader.wants_read() ? POLLIN : 0) | (due <= before ? POLLOUT : 0));
    };
    for (Link& link : links_) {
      links.push_back(&link);
      next = std::min(next, link.leave_by);
      // poll() passes over negative numbers: what has left would else be readable for ever.
      polled.push_back(
          {link.client_left ? -1 : link.client, link.leaving() ? short{POLLIN} : events(link.up, link.down), 0});
      polled.push_back(
          {link.server_left ? -1 : link.server, link.leaving() ? short{POLLIN} : events(link.down, link.up), 0});
    }
    const absl::Duration left = std::max(next - before, absl::ZeroDuration());
    const timespec wait = absl::ToTimespec(std::min(left, absl::Seconds(60)));
    if (ppoll(polled.data(), polled.size(), &wait, nullptr) < 0) continue;
    const absl::Time now = absl::Now();
    for (size_t i = 0; i < links.size(); ++i) {
      Link& link = *links[i];
      if (link.leaving()) {
        Leave(link, now);
      } else {
        Serve(link, polled[2 + 2 * i].revents, polled[3 + 2 * i].revents, now);
      }
    }
    links_.remove_if([](const Link& link) { return link.gone; });
    if (polled[1].revents != 0) Accept();
    if (polled[0].revents != 0) RunAction();
  }
}

void TcpGate::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  ++stats_.connections;
  if (static_cast<double>(random_() >> 11) * 0x1.0p-53 < weather_.refuse) {
    ++stats_.refused;
    return CloseWithReset(client);
  }
  Connect(client);
}

void TcpGate::Connect(int client) {
  const sockaddr_in target = *ParseAddress(target_);
  const int server = NewSocket();
  NoDelay(client);
  NoDelay(server);
  // Under way or refused, which the first use of the socket shows.
  (void)connect(server, reinterpret_cast<const sockaddr*>(&target), sizeof(target));
  links_.emplace_back(client, server);
}

void TcpGate::Serve(Link& link, short client_events, short server_events, absl::Time now) {
  if ((client_events & POLLIN) != 0) link.up.Read(weather_, random_, now, stats_);
  if ((server_events & POLLIN) != 0) link.down.Read(weather_, random_, now, stats_);
  link.up.Write(now);
  link.down.Write(now);
  const auto broken = [](short events) { return (events & (POLLERR | POLLHUP)) != 0 && (events & POLLIN) == 0; };
  const auto ends = [&](GatePipe::End end) { return link.up.due_end() == end || link.down.due_end() == end; };
  if (broken(client_events) || broken(server_events) || ends(GatePipe::End::kReset)) {
    link.gone = true;
  } else if (ends(GatePipe::End::kFin)) {
    Finish(link, now);
  } else {
    if (link.up.drained() && !std::exchange(link.up_ended, true)) shutdown(link.server, SHUT_WR);
    if (link.down.drained() && !std::exchange(link.down_ended, true)) shutdown(link.client, SHUT_WR);
    link.orderly = link.gone = link.up_ended && link.down_ended;
  }
}

void TcpGate::Finish(Link& link, absl::Time now) {
  shutdown(link.client, SHUT_WR);
  shutdown(link.server, SHUT_WR);
  link.leave_by = now + kLeaveTime;
}

// Closing with unread bytes would be a reset: they are read first.
void TcpGate::Leave(Link& link, absl::Time now) {
  link.client_left = link.client_left || Discard(link.client);
  link.server_left = link.server_left || Discard(link.server);
  link.orderly = link.client_left && link.server_left;
  link.gone = link.orderly || now >= link.leave_by;
}

}  // namespace seedance::testing
