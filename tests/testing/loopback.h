#ifndef SEEDANCE_TESTS_TESTING_LOOPBACK_H_
#define SEEDANCE_TESTS_TESTING_LOOPBACK_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace seedance::testing {

// 127.0.0.1 with this port.
inline sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// A TCP connection to the port of `host:port` on 127.0.0.1, for the caller to close. -1: it cannot be made.
inline int ConnectLoopback(const std::string& address) {
  const sockaddr_in peer = Loopback(std::stoi(address.substr(address.rfind(':') + 1)));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_LOOPBACK_H_
