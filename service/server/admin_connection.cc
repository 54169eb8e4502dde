#include "service/server/admin_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace seedance::server {
namespace {

constexpr size_t kMaxHead = 8 << 10;
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr size_t kPiece = 16 << 10;
constexpr size_t kFilePiece = 64 << 10;
constexpr size_t kMaxLinger = 1 << 20;

std::string HostOf(int fd) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  char text[INET6_ADDRSTRLEN] = "";
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return text;
  const void* address = peer.ss_family == AF_INET6
                            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr)
                            : &reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
  inet_ntop(peer.ss_family, address, text, sizeof text);
  return text;
}

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

const char* ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

std::string HeadOf(const AdminAnswer& answer) {
  std::string head = absl::StrCat("HTTP/1.1 ", answer.status, " ", ReasonPhrase(answer.status), "\r\n");
  for (const auto& [name, value] : answer.headers) absl::StrAppend(&head, name, ": ", value, "\r\n");
  const int64_t length = answer.file == nullptr ? static_cast<int64_t>(answer.body.size()) : answer.length;
  absl::StrAppend(&head, "Content-Type: ", answer.content_type, "\r\nContent-Length: ", length,
                  "\r\nConnection: close\r\n\r\n");
  return head;
}

}  // namespace

const short AdminConnection::kRead = POLLIN;
const short AdminConnection::kWrite = POLLOUT;

AdminConnection::AdminConnection(int fd, absl::Time accepted) : fd_(fd), accepted_(accepted), host_(HostOf(fd)) {}

AdminConnection::~AdminConnection() { close(fd_); }

AdminConnection::Step AdminConnection::Move() {
  switch (phase_) {
    case Phase::kHead:
    case Phase::kBody:
      return Receive();
    case Phase::kSending:
      return Send();
    case Phase::kLingering:
      return Linger();
  }
  return Step::kOver;
}

AdminConnection::Step AdminConnection::Receive() {
  std::array<char, kPiece> piece;
  const ssize_t n = recv(fd_, piece.data(), piece.size(), 0);
  if (n < 0 && WouldBlock()) return Step::kWaiting;
  const std::string_view bytes(piece.data(), static_cast<size_t>(std::max<ssize_t>(n, 0)));
  if (n > 0) return phase_ == Phase::kHead ? TakeHead(bytes) : TakeBody(bytes);
  // A peer that ends its body early may still read the response.
  if (phase_ == Phase::kHead || n < 0) return Step::kOver;
  outcome_ = Outcome::kBad;
  return Step::kReceived;
}

AdminConnection::Step AdminConnection::TakeHead(std::string_view bytes) {
  // The end may span two pieces.
  const size_t from = head_.size() - std::min(head_.size(), kEndOfHead.size() - 1);
  head_ += bytes;
  const size_t end = head_.find(kEndOfHead, from);
  if (std::min(end, head_.size()) > kMaxHead) {
    outcome_ = Outcome::kTooLarge;
    head_.clear();
    return Step::kReceived;
  }
  if (end == std::string::npos) return Step::kProgress;
  ahead_ = head_.substr(end + kEndOfHead.size());
  head_.resize(end);
  return Step::kReceived;
}

AdminConnection::Step AdminConnection::ExpectBody(AdminRequest request, AdminBody body) {
  phase_ = Phase::kBody;
  request_ = std::move(request);
  body_ = std::move(body);
  // Best effort: without it the peer sends its body a moment later.
  if (absl::EqualsIgnoreCase(request_.expect, "100-continue") && ahead_.empty()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    (void)!send(fd_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  return TakeBody(std::exchange(ahead_, {}));
}

AdminConnection::Step AdminConnection::TakeBody(std::string_view bytes) {
  switch (body_->Take(bytes)) {
    case AdminBody::State::kMore:
      return Step::kProgress;
    case AdminBody::State::kWhole:
      outcome_ = Outcome::kWhole;
      break;
    case AdminBody::State::kTooLarge:
      outcome_ = Outcome::kTooLarge;
      break;
    case AdminBody::State::kBad:
      outcome_ = Outcome::kBad;
      break;
  }
  return Step::kReceived;
}

void AdminConnection::Answer(AdminAnswer answer, bool head_only, std::shared_ptr<void> place) {
  phase_ = Phase::kSending;
  head_.clear();
  ahead_.clear();
  body_.reset();
  out_ = HeadOf(answer);
  if (head_only) return;
  out_ += answer.body;
  file_ = std::move(answer.file);
  offset_ = answer.offset;
  left_ = file_ == nullptr ? 0 : answer.length;
  place_ = std::move(place);
}

AdminConnection::Step AdminConnection::Send() {
  if (sent_ == out_.size()) return SendFile();
  const ssize_t n = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
  if (n < 0) return WouldBlock() ? Step::kWaiting : Step::kOver;
  sent_ += static_cast<size_t>(n);
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    if (left_ == 0) BeginLinger();
  }
  return Step::kProgress;
}

AdminConnection::Step AdminConnection::SendFile() {
  std::array<char, kFilePiece> piece;
  const auto wanted = static_cast<size_t>(std::min<int64_t>(left_, kFilePiece));
  const int64_t there = file_->ReadAt(offset_, piece.data(), wanted);
  // The file was truncated: the peer notices that the connection ends too early.
  if (there <= 0) return Step::kOver;
  const ssize_t n = send(fd_, piece.data(), static_cast<size_t>(there), MSG_NOSIGNAL);
  if (n < 0) return WouldBlock() ? Step::kWaiting : Step::kOver;
  offset_ += n;
  left_ -= n;
  if (left_ == 0) BeginLinger();
  return Step::kProgress;
}

void AdminConnection::BeginLinger() {
  phase_ = Phase::kLingering;
  file_.reset();
  place_.reset();
  shutdown(fd_, SHUT_WR);
}

AdminConnection::Step AdminConnection::Linger() {
  std::array<char, kPiece> piece;
  const ssize_t n = recv(fd_, piece.data(), piece.size(), 0);
  if (n < 0 && WouldBlock()) return Step::kWaiting;
  lingered_ += static_cast<size_t>(std::max<ssize_t>(n, 0));
  return n <= 0 || lingered_ > kMaxLinger ? Step::kOver : Step::kProgress;
}

}  // namespace seedance::server
