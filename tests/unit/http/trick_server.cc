#include "tests/unit/http/trick_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "tests/testing/loopback.h"

namespace seedance::http {
namespace {

using testing::Loopback;

bool SendAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// Moves what is there from one socket to another. False: ended.
bool Copy(int from, int to) {
  char buffer[16384];
  const ssize_t n = recv(from, buffer, sizeof(buffer), 0);
  return n > 0 && SendAll(to, {buffer, static_cast<size_t>(n)});
}

}  // namespace

bool Peer::Fill() {
  char bytes[65536];
  const ssize_t n = recv(fd_, bytes, sizeof(bytes), 0);
  if (n > 0) buffer_.append(bytes, static_cast<size_t>(n));
  return n > 0;
}

std::string Peer::ReadHead() {
  size_t end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!Fill()) return "";
    end = buffer_.find("\r\n\r\n");
  }
  std::string head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  return head;
}

std::string Peer::ReadRequest() {
  std::string head = ReadHead();
  const size_t at = head.find("Content-Length: ");
  const size_t length = at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
  const bool chunked = head.find("Transfer-Encoding: chunked") != std::string::npos;
  const bool whole = chunked ? SkipChunks() : SkipBytes(length);
  return whole ? head : "";
}

bool Peer::SkipBytes(size_t length) {
  body_bytes_ = 0;
  for (;;) {
    const size_t taken = std::min(buffer_.size(), length - body_bytes_);
    body_bytes_ += taken;
    buffer_.erase(0, taken);
    if (body_bytes_ == length) return true;
    if (!Fill()) return false;
  }
}

bool Peer::SkipChunks() {
  static constexpr std::string_view kLast = "\r\n0\r\n\r\n";
  body_bytes_ = 0;
  for (;;) {
    if (buffer_.size() >= kLast.size() && std::string_view(buffer_).substr(buffer_.size() - kLast.size()) == kLast) {
      body_bytes_ += buffer_.size();
      buffer_.clear();
      return true;
    }
    const size_t kept = std::min(buffer_.size(), kLast.size());
    body_bytes_ += buffer_.size() - kept;
    buffer_.erase(0, buffer_.size() - kept);
    if (!Fill()) return false;
  }
}

void Peer::Close() { shutdown(fd_, SHUT_RDWR); }

bool Peer::Send(std::string_view text) { return SendAll(fd_, text); }

bool Peer::AwaitInput(absl::Duration time) {
  const timespec wait = absl::ToTimespec(time);
  pollfd fds = {fd_, POLLIN, 0};
  return !buffer_.empty() || ppoll(&fds, 1, &wait, nullptr) != 0;
}

void Peer::AwaitClose() {
  char bytes[4096];
  while (recv(fd_, bytes, sizeof(bytes), 0) > 0) {
  }
}

void Peer::ResetOnClose() {
  const linger reset = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

void Peer::Tunnel(int port) {
  const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  bool open = connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  while (open) {
    pollfd fds[2] = {{fd_, POLLIN, 0}, {other, POLLIN, 0}};
    poll(fds, 2, -1);
    if (fds[0].revents != 0) open = Copy(fd_, other);
    if (open && fds[1].revents != 0) open = Copy(other, fd_);
  }
  close(other);
}

TrickServer::TrickServer(Script script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

TrickServer::~TrickServer() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::string TrickServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

int TrickServer::connections() {
  base::MutexLock lock(mutex_);
  return connections_;
}

void TrickServer::Run() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    int number = 0;
    {
      base::MutexLock lock(mutex_);
      if (stopping_ || fd < 0) break;
      number = ++connections_;
    }
    peers_.emplace_back([this, fd, number] {
      Peer peer(fd);
      script_(peer, number);
      close(fd);
    });
  }
  for (std::thread& peer : peers_) peer.join();
}

std::string OkReply(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

void Signal::Set() {
  base::MutexLock lock(mutex_);
  set_ = true;
  changed_.NotifyAll();
}

void Signal::Wait() {
  base::MutexLock lock(mutex_);
  while (!set_) changed_.Wait(mutex_);
}

}  // namespace seedance::http
