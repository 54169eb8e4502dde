#ifndef SEEDANCE_SERVICE_HTTP_TLS_H_
#define SEEDANCE_SERVICE_HTTP_TLS_H_

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace seedance::http {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

// Settings of TLS clients: the system's authorities and those of `ca_file`, server certificates verified, TLS 1.2 or
// newer. Loaded once, when first needed (the system's authorities take some 70 ms to read); thread-safe.
class TlsContext {
 public:
  // `ca_file` may be empty.
  explicit TlsContext(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  // A session over the connected, non-blocking socket `fd`, which stays the caller's, expecting a certificate for
  // `host` (name or address). Null, with `error` set, when the authorities could not be loaded.
  SslPtr NewSession(int fd, const std::string& host, std::string& error);

 private:
  struct ContextDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  void Load();

  const std::string ca_file_;
  std::once_flag loaded_;  // Guards the writing of what follows.
  std::unique_ptr<SSL_CTX, ContextDeleter> context_;
  std::string error_;
};

// Why the last operation on `ssl` failed, in words; empties this thread's queue of errors.
std::string TlsError(const SSL* ssl);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_TLS_H_
