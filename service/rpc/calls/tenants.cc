#include "service/rpc/calls/tenants.h"

#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/base/error.h"
#include "service/base/sha256.h"

namespace seedance::rpc {
namespace {

constexpr std::string_view kScheme = "bearer ";

bool EqualInConstantTime(const std::string& left, const std::string& right) {
  if (left.size() != right.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < left.size(); ++i) difference |= static_cast<unsigned char>(left[i] ^ right[i]);
  return difference == 0;
}

absl::Status Unauthenticated(std::string_view why) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUnauthenticated;
  return base::MakeError(why, detail);
}

}  // namespace

Tenants::Tenants(std::vector<Token> tokens, const std::vector<Certificate>& certificates) : tokens_(std::move(tokens)) {
  for (Token& token : tokens_) absl::AsciiStrToLower(&token.sha256);
  for (const Certificate& certificate : certificates) tenant_of_name_.emplace(certificate.name, certificate.tenant);
}

absl::StatusOr<std::string> Tenants::Authenticate(std::string_view authorization, const PeerNames& peer) const {
  if (tokens_.empty() && tenant_of_name_.empty()) return std::string(kDefaultTenant);
  std::set<std::string_view> owners;
  for (const std::string& name : peer) {
    if (const auto found = tenant_of_name_.find(name); found != tenant_of_name_.end()) owners.insert(found->second);
  }
  if (!authorization.empty() || owners.empty()) {
    absl::StatusOr<std::string> tenant = OfToken(authorization);
    if (!tenant.ok() || owners.empty() || owners.count(*tenant) > 0) return tenant;
    return Unauthenticated("the bearer token and the client certificate belong to different tenants");
  }
  if (owners.size() == 1) return std::string(*owners.begin());
  return Unauthenticated("the client certificate belongs to several tenants: send a token of one of them too");
}

absl::StatusOr<std::string> Tenants::Authenticate(const std::vector<std::string_view>& headers,
                                                  const PeerNames& peer) const {
  if (headers.size() > 1) return Unauthenticated("metadata `authorization` was sent more than once");
  return Authenticate(headers.empty() ? std::string_view() : headers.front(), peer);
}

absl::StatusOr<std::string> Tenants::OfToken(std::string_view authorization) const {
  const std::string scheme(authorization.substr(0, kScheme.size()));
  if (!absl::EqualsIgnoreCase(scheme, std::string(kScheme)) || authorization.size() == kScheme.size()) {
    return Unauthenticated(
        knows_certificates() ? "send metadata `authorization: Bearer <token>`, or use a client certificate of a tenant"
                             : "send metadata `authorization: Bearer <token>`");
  }
  const std::string hash = base::Sha256Hex(authorization.substr(kScheme.size()));
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    if (EqualInConstantTime(token.sha256, hash)) found = &token;
  }
  if (found == nullptr) return Unauthenticated("the bearer token is unknown");
  return found->tenant;
}

}  // namespace seedance::rpc
