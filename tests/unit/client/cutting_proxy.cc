#include "tests/unit/client/cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "tests/testing/loopback.h"

namespace seedance::client {
namespace {

using testing::Loopback;

}  // namespace

CuttingProxy::CuttingProxy(int target_port) : target_port_(target_port) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof(address);
  bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
  listen(listener_, 16);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

CuttingProxy::~CuttingProxy() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  Cut();
  for (std::thread& pump : pumps_) pump.join();
  for (const int socket : sockets_) close(socket);
  close(listener_);
}

void CuttingProxy::Cut() {
  std::lock_guard lock(mutex_);
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
}

int CuttingProxy::connections() {
  std::lock_guard lock(mutex_);
  return connections_;
}

void CuttingProxy::Accept() {
  while (true) {
    const int near = accept(listener_, nullptr, nullptr);
    std::lock_guard lock(mutex_);
    if (near < 0 || stopping_) {
      if (near >= 0) close(near);
      return;
    }
    const int far = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = Loopback(target_port_);
    connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    ++connections_;
    // Closed only by the destructor, so that no number is used twice.
    sockets_.push_back(near);
    sockets_.push_back(far);
    pumps_.emplace_back([this, near, far] { Pump(near, far); });
    pumps_.emplace_back([this, near, far] { Pump(far, near); });
  }
}

void CuttingProxy::Pump(int from, int to) {
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t length = recv(from, buffer.data(), buffer.size(), 0);
    if (length <= 0 || send(to, buffer.data(), static_cast<size_t>(length), MSG_NOSIGNAL) != length) break;
  }
  shutdown(from, SHUT_RDWR);
  shutdown(to, SHUT_RDWR);
}

}  // namespace seedance::client
