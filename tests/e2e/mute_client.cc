#include "tests/e2e/mute_client.h"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

#include "seedance/gateway/v1/generation_task.pb.h"

namespace seedance::e2e {
namespace {

constexpr uint8_t kData = 0;
constexpr uint8_t kHeaders = 1;
constexpr uint8_t kSettings = 4;
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kEndHeaders = 4;

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
  const auto size = static_cast<uint32_t>(payload.size());
  std::string frame;
  for (const uint32_t byte : {size >> 16, size >> 8, size, uint32_t{type}, uint32_t{flags}, stream >> 24, stream >> 16,
                              stream >> 8, stream}) {
    frame += static_cast<char>(byte & 0xff);
  }
  return frame + payload;
}

// A header in HPACK's form without index and without Huffman code. Shorter than 127 bytes each.
std::string Header(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

}  // namespace

MuteClient::MuteClient(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) {
    close(fd_);
    throw std::runtime_error("cannot connect to " + address);
  }
}

MuteClient::~MuteClient() { close(fd_); }

bool MuteClient::Watch(const std::string& task, int streams) {
  gateway::v1::WatchGenerationTaskRequest request;
  request.set_name(task);
  const std::string body = request.SerializeAsString();
  const std::string message = std::string(4, '\0') + static_cast<char>(body.size()) + body;
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "");
  for (int i = 0; i < streams; ++i) {
    const auto id = static_cast<uint32_t>(2 * i + 1);
    bytes += Frame(kHeaders, kEndHeaders, id,
                   Header(":method", "POST") + Header(":scheme", "http") + Header(":authority", "localhost") +
                       Header(":path", "/seedance.gateway.v1.GenerationTaskService/WatchGenerationTask") +
                       Header("te", "trailers") + Header("content-type", "application/grpc"));
    bytes += Frame(kData, kEndStream, id, message);
  }
  return Send(bytes);
}

size_t MuteClient::Call(const std::vector<std::pair<std::string, std::string>>& headers, int calls) {
  std::string head = Header(":method", "POST") + Header(":scheme", "http") + Header(":authority", "localhost") +
                     Header(":path", "/seedance.gateway.v1.GenerationTaskService/GetGenerationTask");
  for (const auto& [name, value] : headers) head += Header(name, value);
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "");
  for (int i = 0; i < calls; ++i) {
    bytes += Frame(kHeaders, kEndHeaders | kEndStream, static_cast<uint32_t>(2 * i + 1), head);
  }
  // Its own answers fill up at a peer that does not read; the gateway may then stop to read.
  timeval limit{5, 0};
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<size_t>(n);
  }
  return sent;
}

bool MuteClient::Send(const std::string& bytes) {
  return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

int MuteClient::unread() const {
  int bytes = 0;
  return ioctl(fd_, FIONREAD, &bytes) == 0 ? bytes : 0;
}

}  // namespace seedance::e2e
