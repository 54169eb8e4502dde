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

// A connected socket, with TLS or without, whose every wait obeys an IoLimit. For one thread at a time.
class Connection {
 public:
  // Takes `fd` over, non-blocking. `ssl` may be null.
  Connection(int fd, SslPtr ssl);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Reads at least one byte. 0: the peer has ended the stream in order; -1: failure or limit.
  ssize_t Read(char* data, size_t size, IoLimit& limit);

  // Writes all. False: failure or limit; part may have left.
  bool Write(std::string_view data, IoLimit& limit);

  // Whether bytes of the peer are there to be read now. False too when the connection has broken.
  bool HasInput();

  // Whether nothing has happened on it since the last exchange: no byte left over, no end. Only then may another
  // request be sent: bytes left over would be taken for its answer.
  bool Quiet() const;

  // Whether the end of the peer's side has arrived, with or without bytes before it.
  bool PeerHasClosed() const;

  // Performs the TLS handshake as a client; verifies the server.
  absl::Status Handshake(IoLimit& limit);

  // Turns to TLS; call Handshake next.
  void UseTls(SslPtr ssl) { ssl_ = std::move(ssl); }
  int fd() const { return fd_; }

 private:
  enum class Fill { kBytes, kEnd, kBlocked, kFailed };
  // Reads what is there into the empty buffer, without waiting.
  Fill FillBuffer();

  const int fd_;
  SslPtr ssl_;
  short wanted_ = 0;  // What poll should wait for after kBlocked.
  bool ended_ = false;
  size_t begin_ = 0;  // The unread bytes of buffer_.
  size_t end_ = 0;
  std::array<char, 16384> buffer_;
};

// Where a connection leads.
struct Destination {
  Url origin;
  std::optional<Proxy> proxy;
  // Only addresses of the internet, and those of `home` (HttpOptions::home).
  bool public_addresses_only = false;
  std::string home;
};

// Connects: names are resolved, addresses tried in turn, a tunnel asked of the proxy for https, TLS set up. All of it
// within `timeout` and the limit, except that the resolver cannot be interrupted. An error means that no byte of a
// request has left; PERMISSION_DENIED: no address of the host may be connected to.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const Destination& destination, TlsContext& tls,
                                                    absl::Duration timeout, IoLimit& limit);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_CONNECTION_H_
