#ifndef SEEDANCE_SERVICE_RPC_TENANTS_H_
#define SEEDANCE_SERVICE_RPC_TENANTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace seedance::rpc {

// Tenant of everyone when none is configured.
inline constexpr std::string_view kDefaultTenant = "default";

// Says who a bearer token belongs to. Fixed after construction; thread-safe.
class Tenants {
 public:
  struct Token {
    std::string sha256;  // Of the token, 64 hex digits in any case.
    std::string tenant;
  };

  explicit Tenants(std::vector<Token> tokens);

  // The tenant of a caller that sends this `authorization` header (empty: none). The time that it takes does not
  // depend on how much of a hash fits. UNAUTHENTICATED without a known `Bearer` token, unless no token is configured:
  // then everyone is `default`.
  absl::StatusOr<std::string> Authenticate(std::string_view authorization) const;

 private:
  std::vector<Token> tokens_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_TENANTS_H_
