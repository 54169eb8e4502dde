#ifndef SEEDANCE_SERVICE_RPC_CALLS_TENANTS_H_
#define SEEDANCE_SERVICE_RPC_CALLS_TENANTS_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace seedance::rpc {

// The tenant of every caller when none is configured.
//
// Tests: tests/unit/rpc/calls/call_facts_test.cc
inline constexpr std::string_view kDefaultTenant = "default";

// Names in a verified client certificate, each as `kind:value`: `cn:render`, `subject:CN=render,O=Studio`,
// `dns:render.example.com`, `uri:spiffe://example.com/render`, `email:render@example.com`. Empty: no certificate.
using PeerNames = std::vector<std::string>;

// Prefixes of the kinds.
inline constexpr std::string_view kCommonNamePrefix = "cn:";
inline constexpr std::string_view kSubjectPrefix = "subject:";
inline constexpr std::string_view kDnsPrefix = "dns:";
inline constexpr std::string_view kUriPrefix = "uri:";
inline constexpr std::string_view kEmailPrefix = "email:";

// Authenticates callers: maps a bearer token, a client certificate, or both, to a tenant. Immutable, so thread-safe.
class Tenants {
 public:
  // A bearer token and its tenant.
  struct Token {
    std::string sha256;  // Of the token: 64 hex digits in any case.
    std::string tenant;
  };
  // A name in client certificates and its tenant.
  struct Certificate {
    std::string name;  // As in PeerNames.
    std::string tenant;
  };

  explicit Tenants(std::vector<Token> tokens, const std::vector<Certificate>& certificates = {});

  // Whether Authenticate uses the peer's names.
  bool knows_certificates() const { return !tenant_of_name_.empty(); }

  // The tenant for the `authorization` header (empty: none) on a connection with these names. Hashes are compared in
  // constant time. A certificate of one tenant suffices; a token, if sent, must be known and match the certificate's
  // tenant if that has one. Without configured tenants everyone is `default`. UNAUTHENTICATED says what failed.
  absl::StatusOr<std::string> Authenticate(std::string_view authorization, const PeerNames& peer = {}) const;
  // The same for all `authorization` headers of a call. UNAUTHENTICATED for more than one.
  absl::StatusOr<std::string> Authenticate(const std::vector<std::string_view>& headers, const PeerNames& peer) const;

 private:
  // The tenant of the token in the header.
  absl::StatusOr<std::string> OfToken(std::string_view authorization) const;

  std::vector<Token> tokens_;
  std::map<std::string, std::string, std::less<>> tenant_of_name_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_TENANTS_H_
