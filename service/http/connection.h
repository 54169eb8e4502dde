#ifndef SEEDANCE_SERVICE_HTTP_CONNECTION_H_
#define SEEDANCE_SERVICE_HTTP_CONNECTION_H_

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/http/io_limit.h"
#include "service/http/proxy_settings.h"
#include "service/http/tls.h"
#include "service/http/url.h"

namespace seedance::http {

// A connected socket, plain or with TLS, whose every wait obeys an IoLimit. Owns the socket. For one thread at a time.
// Never throws.
//
// Tests: tests/unit/http/http_transport_test.cc, tests/unit/http/idle_close_test.cc
class Connection {
 public:
  // Takes ownership of `fd`, which is non-blocking. `ssl` may be null.
  Connection(int fd, SslPtr ssl);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Reads at least one byte, at most `size`. 0: the peer closed its side in order; -1: failure or limit.
  ssize_t Read(char* data, size_t size, IoLimit& limit);

  // Writes everything. False: failure or limit; a part may have been sent.
  bool Write(std::string_view data, IoLimit& limit);

  // Whether bytes of the peer can be read without waiting. False too when the connection is broken.
  bool HasInput();

  // Whether nothing has arrived since the last exchange: no unread byte, no end of stream. Only then may the connection
  // be reused: unread bytes would be taken for the next answer.
  bool Quiet() const;

  // Whether the peer has closed its side, with or without bytes before that.
  bool PeerHasClosed() const;

  // Performs the TLS handshake as a client and verifies the server's certificate. UNAVAILABLE on failure.
  absl::Status Handshake(IoLimit& limit);

  // Switches to TLS; call Handshake next.
  void UseTls(SslPtr ssl) { ssl_ = std::move(ssl); }
  int fd() const { return fd_; }

 private:
  // Result of FillBuffer: bytes, end of stream, nothing to read now, failure.
  enum class Fill { kBytes, kEnd, kBlocked, kFailed };
  // Reads available bytes into the empty buffer, without waiting.
  Fill FillBuffer();

  const int fd_;
  SslPtr ssl_;
  short wanted_ = 0;  // Events to poll for after kBlocked.
  bool ended_ = false;
  size_t begin_ = 0;  // Unread bytes of buffer_ are [begin_, end_).
  size_t end_ = 0;
  std::array<char, 16384> buffer_;
};

// Where to connect to, and which addresses are allowed.
struct Destination {
  Url origin;
  std::optional<Proxy> proxy;
  // Allow only public addresses, and those of `home` (HttpOptions::home).
  bool public_addresses_only = false;
  std::string home;
};

// Resolves names, tries the addresses in turn, opens a tunnel through the proxy for https, and sets TLS up, within
// `timeout` and `limit` (except that the resolver cannot be interrupted). On an error no byte of a request was sent.
// PERMISSION_DENIED: no address of the host is allowed; UNAVAILABLE: anything else.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const Destination& destination, TlsContext& tls,
                                                    absl::Duration timeout, IoLimit& limit);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_CONNECTION_H_
