#include "service/server/client_certificate.h"

namespace seedance::server {
namespace {

std::string Named(const char* prefix, const std::string& value) { return value.empty() ? "" : prefix + value; }

}  // namespace

std::string PeerNameOf(const gateway::config::v1::ClientCertificate& certificate) {
  using Identity = gateway::config::v1::ClientCertificate;
  switch (certificate.identity_case()) {
    case Identity::kCommonName:
      return Named("cn:", certificate.common_name());
    case Identity::kSubject:
      return Named("subject:", certificate.subject());
    case Identity::kDns:
      return Named("dns:", certificate.dns());
    case Identity::kUri:
      return Named("uri:", certificate.uri());
    case Identity::kEmail:
      return Named("email:", certificate.email());
    case Identity::IDENTITY_NOT_SET:
      break;
  }
  return "";
}

}  // namespace seedance::server
