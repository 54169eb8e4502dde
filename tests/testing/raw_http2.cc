#include "tests/testing/raw_http2.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "tests/testing/loopback.h"

namespace seedance::testing {
namespace {

constexpr uint8_t kData = 0;
constexpr uint8_t kHeaders = 1;
constexpr uint8_t kSettings = 4;
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kEndHeaders = 4;
constexpr size_t kMaxFrame = 16384;

std::string Number(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
  return Number(static_cast<uint32_t>(payload.size()), 3) + Number(type, 1) + Number(flags, 1) + Number(stream, 4) +
         payload;
}

// A header in HPACK's form without index and without Huffman code. Shorter than 127 bytes each.
std::string Header(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

std::string PseudoHeaders(const std::string& path) {
  return Header(":method", "POST") + Header(":scheme", "http") + Header(":authority", "localhost") +
         Header(":path", path);
}

}  // namespace

RawHttp2::RawHttp2(const std::string& address, uint32_t initial_window) : fd_(ConnectLoopback(address)) {
  const std::string settings = Number(4, 2) + Number(initial_window, 4);  // SETTINGS_INITIAL_WINDOW_SIZE.
  if (fd_ < 0 || !Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, settings))) {
    if (fd_ >= 0) close(fd_);
    throw std::runtime_error("cannot connect to " + address);
  }
}

RawHttp2::~RawHttp2() { close(fd_); }

std::string RawHttp2::Headers(const std::string& path, const std::string& token) {
  std::string headers = PseudoHeaders(path) + Header("te", "trailers") + Header("content-type", "application/grpc");
  if (!token.empty()) headers += Header("authorization", "Bearer " + token);
  const uint32_t stream = next_;
  next_ += 2;
  return Frame(kHeaders, kEndHeaders, stream, headers);
}

uint32_t RawHttp2::Open(const std::string& path, const std::string& token) {
  const uint32_t stream = next_;
  return Write(Headers(path, token)) ? stream : 0;
}

bool RawHttp2::OpenMany(const std::string& path, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += Headers(path, "");
  return Write(bytes);
}

size_t RawHttp2::Flood(const std::string& path, const std::vector<std::pair<std::string, std::string>>& headers,
                       int calls) {
  std::string head = PseudoHeaders(path);
  for (const auto& [name, value] : headers) head += Header(name, value);
  std::string bytes;
  for (int i = 0; i < calls; ++i, next_ += 2) bytes += Frame(kHeaders, kEndHeaders | kEndStream, next_, head);
  // What the server sends fills up at a peer that does not read; the server may then stop to read.
  const timeval limit{5, 0};
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return Put(bytes);
}

bool RawHttp2::Send(uint32_t stream, const std::string& bytes, bool end) {
  size_t begin = 0;
  do {
    const std::string part = bytes.substr(begin, kMaxFrame);
    begin += part.size();
    const bool last = end && begin == bytes.size();
    if (!Write(Frame(kData, last ? kEndStream : 0, stream, part))) return false;
  } while (begin < bytes.size());
  return true;
}

std::string RawHttp2::Message(const std::string& bytes, size_t declared) {
  return Number(0, 1) + Number(static_cast<uint32_t>(declared), 4) + bytes;
}

size_t RawHttp2::Put(const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t part = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) break;
    sent += static_cast<size_t>(part);
  }
  return sent;
}

int RawHttp2::unread() const {
  int bytes = 0;
  return ioctl(fd_, FIONREAD, &bytes) == 0 ? bytes : 0;
}

bool RawHttp2::Ended() {
  char buffer[65536];
  for (;;) {
    const ssize_t size = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size == 0) return true;
    if (size < 0) return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
  }
}

}  // namespace seedance::testing
