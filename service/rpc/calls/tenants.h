#ifndef SEEDANCE_SERVICE_RPC_CALLS_TENANTS_H_
#define SEEDANCE_SERVICE_RPC_CALLS_TENANTS_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace seedance::rpc {

// Tenant of everyone when none is configured.
inline constexpr std::string_view kDefaultTenant = "default";

// What a verified client certificate says of its owner, each as `kind:value`: `cn:render`,
// `subject:CN=render,O=Studio`, `dns:render.example.com`, `uri:spiffe://example.com/render`,
// `email:render@example.com`. Empty: no certificate.
using PeerNames = std::vector<std::string>;

// The kinds, as names begin.
inline constexpr std::string_view kCommonNamePrefix = "cn:";
inline constexpr std::string_view kSubjectPrefix = "subject:";
inline constexpr std::string_view kDnsPrefix = "dns:";
inline constexpr std::string_view kUriPrefix = "uri:";
inline constexpr std::string_view kEmailPrefix = "email:";

// Says which tenant calls: by its bearer token, its client certificate, or both. Fixed after construction; thread-safe.
class Tenants {
 public:
  struct Token {
    std::string sha256;  // Of the token, 64 hex digits in any case.
    std::string tenant;
  };
  struct Certificate {
    std::string name;  // As in PeerNames.
    std::string tenant;
  };

  explicit Tenants(std::vector<Token> tokens, const std::vector<Certificate>& certificates = {});

  // Whether Authenticate looks at the peer's names.
  bool knows_certificates() const { return !tenant_of_name_.empty(); }

  // The tenant of a caller that sends this `authorization` header (empty: none) over a connection with these names. The
  // time that it takes does not depend on how much of a hash fits. A certificate of one tenant is enough; a token that
  // is sent must be known, and be of a tenant of the certificate if that is of any. Without configured tenants everyone
  // is `default`. UNAUTHENTICATED says which of these failed.
  absl::StatusOr<std::string> Authenticate(std::string_view authorization, const PeerNames& peer = {}) const;
  // The same for all the `authorization` headers that were sent. UNAUTHENTICATED also for more than one.
  absl::StatusOr<std::string> Authenticate(const std::vector<std::string_view>& headers, const PeerNames& peer) const;

 private:
  // The tenant of the token in the header.
  absl::StatusOr<std::string> OfToken(std::string_view authorization) const;

  std::vector<Token> tokens_;
  std::map<std::string, std::string, std::less<>> tenant_of_name_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_TENANTS_H_
