#include "service/http/connection.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace seedance::http {

Connection::Connection(int fd, SslPtr ssl) : fd_(fd), ssl_(std::move(ssl)) {}

Connection::~Connection() {
  ssl_.reset();
  close(fd_);
}

Connection::Fill Connection::FillBuffer() {
  begin_ = end_ = 0;
  if (ssl_ == nullptr) {
    const ssize_t n = recv(fd_, buffer_.data(), buffer_.size(), 0);
    if (n > 0) {
      end_ = static_cast<size_t>(n);
      return Fill::kBytes;
    }
    if (n == 0) return Fill::kEnd;
    wanted_ = POLLIN;
    return errno == EAGAIN || errno == EINTR ? Fill::kBlocked : Fill::kFailed;
  }
  ERR_clear_error();
  const int n = SSL_read(ssl_.get(), buffer_.data(), static_cast<int>(buffer_.size()));
  if (n > 0) {
    end_ = static_cast<size_t>(n);
    return Fill::kBytes;
  }
  switch (SSL_get_error(ssl_.get(), n)) {
    case SSL_ERROR_ZERO_RETURN:
      return Fill::kEnd;
    case SSL_ERROR_WANT_READ:
      wanted_ = POLLIN;
      return Fill::kBlocked;
    case SSL_ERROR_WANT_WRITE:
      wanted_ = POLLOUT;
      return Fill::kBlocked;
    default:
      // An end without close_notify is a failure: a body that lasts until the end could be truncated.
      ERR_clear_error();
      return Fill::kFailed;
  }
}

ssize_t Connection::Read(char* data, size_t size, IoLimit& limit) {
  while (begin_ == end_) {
    switch (FillBuffer()) {
      case Fill::kBytes:
        break;
      case Fill::kEnd:
        ended_ = true;
        return 0;
      case Fill::kFailed:
        ended_ = true;
        return -1;
      case Fill::kBlocked:
        if (!limit.Wait(fd_, wanted_)) return -1;
        break;
    }
  }
  // A peer that sends byte by byte never blocks the loop above for long; the limit must end it too.
  if (limit.Reached()) return -1;
  const size_t n = std::min(size, end_ - begin_);
  std::memcpy(data, buffer_.data() + begin_, n);
  begin_ += n;
  return static_cast<ssize_t>(n);
}

bool Connection::Write(std::string_view data, IoLimit& limit) {
  while (!data.empty()) {
    if (limit.Reached()) return false;
    short wanted = POLLOUT;
    ssize_t n = 0;
    if (ssl_ == nullptr) {
      n = send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
    } else {
      ERR_clear_error();
      n = SSL_write(ssl_.get(), data.data(), static_cast<int>(std::min<size_t>(data.size(), 1 << 20)));
      if (n <= 0) {
        const int error = SSL_get_error(ssl_.get(), static_cast<int>(n));
        if (error == SSL_ERROR_WANT_READ) wanted = POLLIN;
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
      }
    }
    if (n > 0) {
      data.remove_prefix(static_cast<size_t>(n));
    } else if (!limit.Wait(fd_, wanted)) {
      return false;
    }
  }
  return true;
}

bool Connection::HasInput() {
  if (begin_ != end_) return true;
  if (ended_) return false;
  const Fill fill = FillBuffer();
  if (fill == Fill::kEnd || fill == Fill::kFailed) ended_ = true;
  return fill == Fill::kBytes;
}

bool Connection::Quiet() const {
  if (ended_ || begin_ != end_) return false;
  if (ssl_ != nullptr && SSL_has_pending(ssl_.get()) != 0) return false;
  pollfd fds = {fd_, POLLIN | POLLRDHUP, 0};
  return poll(&fds, 1, 0) == 0;
}

bool Connection::PeerHasClosed() const {
  pollfd fds = {fd_, POLLRDHUP, 0};
  return ended_ || poll(&fds, 1, 0) > 0;
}

absl::Status Connection::Handshake(IoLimit& limit) {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) return absl::OkStatus();
    const int error = SSL_get_error(ssl_.get(), done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return absl::UnavailableError("TLS: " + TlsError(ssl_.get()));
    }
    if (!limit.Wait(fd_, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) {
      return absl::UnavailableError("TLS: handshake timed out");
    }
  }
}

}  // namespace seedance::http
