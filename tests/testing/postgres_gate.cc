#include "tests/testing/postgres_gate.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace seedance::testing {
namespace {

constexpr int kLookMillis = 20;

sockaddr_un SocketIn(const std::string& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", folder.c_str());
  return address;
}

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// What a socket has; empty at its end.
std::string Receive(int socket) {
  char bytes[65536];
  const ssize_t got = recv(socket, bytes, sizeof(bytes), 0);
  return got <= 0 ? "" : std::string(bytes, static_cast<size_t>(got));
}

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void Close(int& socket) {
  if (socket >= 0) close(std::exchange(socket, -1));
}

}  // namespace

PostgresGate::PostgresGate(const std::string& folder) : server_folder_(folder), listener_(NewSocket()) {
  const sockaddr_un address = SocketIn(folder_.path());
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_, 64) != 0) {
    perror("cannot listen on the gate's socket");
    abort();
  }
  thread_ = std::thread([this] { Loop(); });
}

PostgresGate::~PostgresGate() {
  stopping_ = true;
  thread_.join();
  for (Link& link : links_) End(link);
  Close(listener_);
}

void PostgresGate::Loop() {
  while (!stopping_) {
    std::vector<pollfd> sockets = {{listener_, POLLIN, 0}};
    for (const Link& link : links_) {
      sockets.push_back({link.client, POLLIN, 0});
      sockets.push_back({link.server, POLLIN, 0});
    }
    if (poll(sockets.data(), sockets.size(), kLookMillis) <= 0) continue;
    size_t index = 1;
    for (Link& link : links_) {
      const bool client = sockets[index++].revents != 0;
      const bool server = sockets[index++].revents != 0;
      if ((client && !FromClient(link)) || (server && link.server >= 0 && !FromServer(link))) End(link);
    }
    links_.remove_if([](const Link& link) { return link.client < 0 && link.server < 0; });
    if (sockets[0].revents != 0) Accept();
  }
}

void PostgresGate::Accept() {
  int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  int server = NewSocket();
  const sockaddr_un address = SocketIn(server_folder_);
  if (closed_ || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    Close(client);
    return Close(server);
  }
  links_.push_back({client, server});
}

bool PostgresGate::FromClient(Link& link) {
  const std::string bytes = Receive(link.client);
  if (bytes.empty()) return false;
  if (bytes.find("COMMIT") == std::string::npos) return SendAll(link.server, bytes);
  const NextCommit next = next_.exchange(NextCommit::kPass);
  if (next != NextCommit::kPass && closes_) closed_ = true;
  if (next == NextCommit::kNeverSent) return false;
  if (next == NextCommit::kHeld) {
    Close(link.client);
    return true;
  }
  link.ends_with_answer = next == NextCommit::kUnanswered;
  return SendAll(link.server, bytes);
}

bool PostgresGate::FromServer(Link& link) {
  const std::string bytes = Receive(link.server);
  if (bytes.empty()) return false;
  if (link.ends_with_answer && bytes.find("COMMIT") != std::string::npos) return false;
  return link.client >= 0 && SendAll(link.client, bytes);
}

void PostgresGate::End(Link& link) {
  Close(link.client);
  Close(link.server);
}

}  // namespace seedance::testing
