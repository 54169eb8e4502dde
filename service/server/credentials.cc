#include "service/server/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace seedance::server {
namespace {

constexpr unsigned kRefreshSeconds = 30;

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const gateway::config::v1::Server& server) {
  if (!server.has_tls()) return grpc::InsecureServerCredentials();
  const auto& tls = server.tls();
  for (const std::string& file : {tls.certificate_file(), tls.private_key_file(), tls.client_ca_file()}) {
    if (!file.empty() && access(file.c_str(), R_OK) != 0) {
      return absl::FailedPreconditionError(absl::StrCat("server.tls: ", file, " cannot be read"));
    }
  }
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      tls.private_key_file(), tls.certificate_file(), tls.client_ca_file(), kRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!tls.client_ca_file().empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace seedance::server
