#ifndef SEEDANCE_SERVICE_BASE_SHA256_H_
#define SEEDANCE_SERVICE_BASE_SHA256_H_

#include <memory>
#include <string>
#include <string_view>

namespace seedance::base {

// SHA-256 over bytes that arrive in pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  // Adds `bytes`. Not after Hex.
  void Update(std::string_view bytes);

  // The digest as 64 lower-case hex digits. Call it once, last.
  std::string Hex();

 private:
  // OpenSSL's state, kept out of this header.
  struct Context;
  std::unique_ptr<Context> context_;
};

// SHA-256 of `bytes` as 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_SHA256_H_
