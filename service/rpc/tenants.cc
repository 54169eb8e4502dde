#include "service/rpc/tenants.h"

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

Tenants::Tenants(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
  for (Token& token : tokens_) absl::AsciiStrToLower(&token.sha256);
}

absl::StatusOr<std::string> Tenants::Authenticate(std::string_view authorization) const {
  if (tokens_.empty()) return std::string(kDefaultTenant);
  const std::string scheme(authorization.substr(0, kScheme.size()));
  if (!absl::EqualsIgnoreCase(scheme, std::string(kScheme)) || authorization.size() == kScheme.size()) {
    return Unauthenticated("send metadata `authorization: Bearer <token>`");
  }
  const std::string hash = base::Sha256Hex(authorization.substr(kScheme.size()));
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    if (EqualInConstantTime(token.sha256, hash)) found = &token;
  }
  if (found == nullptr) return Unauthenticated("the bearer token is not known");
  return found->tenant;
}

}  // namespace seedance::rpc
