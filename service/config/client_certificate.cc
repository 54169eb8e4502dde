#include "service/config/client_certificate.h"

#include <string_view>

#include "service/rpc/calls/tenants.h"

namespace seedance::config {
namespace {

std::string Named(std::string_view prefix, const std::string& value) {
  return value.empty() ? "" : std::string(prefix) + value;
}

}  // namespace

std::string PeerNameOf(const gateway::config::v1::ClientCertificate& certificate) {
  using Identity = gateway::config::v1::ClientCertificate;
  switch (certificate.identity_case()) {
    case Identity::kCommonName:
      return Named(rpc::kCommonNamePrefix, certificate.common_name());
    case Identity::kSubject:
      return Named(rpc::kSubjectPrefix, certificate.subject());
    case Identity::kDns:
      return Named(rpc::kDnsPrefix, certificate.dns());
    case Identity::kUri:
      return Named(rpc::kUriPrefix, certificate.uri());
    case Identity::kEmail:
      return Named(rpc::kEmailPrefix, certificate.email());
    case Identity::IDENTITY_NOT_SET:
      break;
  }
  return "";
}

}  // namespace seedance::config
