#ifndef SEEDANCE_SERVICE_HTTP_TLS_H_
#define SEEDANCE_SERVICE_HTTP_TLS_H_

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace seedance::http {

// Owner of an SSL session.
//
// Tests: tests/unit/http/http_tls_proxy_test.cc
struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

// TLS client settings: the system's root certificates and those of `ca_file`, verification of servers, TLS 1.2 or
// newer. Loaded once, at first use (the system's roots take some 70 ms). Thread-safe.
class TlsContext {
 public:
  // `ca_file`: PEM; may be empty.
  explicit TlsContext(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  // A session over the connected, non-blocking socket `fd` (not owned) that expects a certificate for `host` (name or
  // address). Null, with `error` set, when the root certificates could not be loaded.
  SslPtr NewSession(int fd, const std::string& host, std::string& error);

 private:
  struct ContextDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  void Load();

  const std::string ca_file_;
  std::once_flag loaded_;  // Guards the initialization of the members below.
  std::unique_ptr<SSL_CTX, ContextDeleter> context_;
  std::string error_;
};

// Text of the last failure on `ssl`; clears this thread's OpenSSL error queue.
std::string TlsError(const SSL* ssl);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_TLS_H_
