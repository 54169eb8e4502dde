#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_LINKS_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_LINKS_H_

#include <string>

#include "absl/time/time.h"
#include "tests/sandbox/wire/http_call.h"

namespace seedance::sandbox {

// Signed links on the sandbox itself: `http://<host>/files/...?Expires=<unix seconds>&Signature=<hex>`.
class Links {
 public:
  enum class Verdict { kGood, kExpired, kForged };

  explicit Links(std::string secret) : secret_(std::move(secret)) {}

  // `host` is the `host:port` that the caller used; `path` starts with `/files/`.
  std::string Sign(const std::string& host, const std::string& path, absl::Time expires) const;

  Verdict Check(const ApiCall& call, absl::Time now) const;

 private:
  std::string Signature(const std::string& path, const std::string& expires) const;

  const std::string secret_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_LINKS_H_
