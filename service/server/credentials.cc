#include "service/server/credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seedance::server {
namespace {

// The files last given to one port.
class PortFiles {
 public:
  explicit PortFiles(const TlsReloader& files) : files_(files) {}

  // Called by gRPC at the start of each connection.
  static grpc_ssl_certificate_config_reload_status Fetch(void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<PortFiles*>(self)->FetchNew(config);
  }

 private:
  grpc_ssl_certificate_config_reload_status FetchNew(grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const config::TlsFiles> files = files_.current();
    if (files == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {files->private_key.c_str(), files->certificate_chain.c_str()};
    // gRPC 1.51 aborts on a reload without authorities. They are unused when clients are not asked for certificates.
    const std::string& authorities = files->client_ca.empty() ? files->certificate_chain : files->client_ca;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    given_ = std::move(files);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const TlsReloader& files_;
  std::shared_ptr<const config::TlsFiles> given_;
};

// gRPC made its class concrete after 1.56: it is given C credentials then, which AddPortToServer below does not need.
template <typename Credentials, bool kAbstract = std::is_abstract_v<Credentials>>
class CredentialsBase : public Credentials {};
template <typename Credentials>
class CredentialsBase<Credentials, false> : public Credentials {
 protected:
  CredentialsBase() : Credentials(nullptr) {}
};

// The C++ API of gRPC 1.51 has no credentials over the fetcher of the C API, and its FileWatcherCertificateProvider
// aborts the process when a file is empty (decision 29).
class ReloadingCredentials final : public CredentialsBase<grpc::ServerCredentials> {
 public:
  explicit ReloadingCredentials(const TlsReloader& files) : files_(files) {}

  // Not needed: callers are authenticated per call.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    ports_.push_back(std::make_unique<PortFiles>(files_));
    grpc_ssl_server_credentials_options* options = grpc_ssl_server_credentials_create_options_using_config_fetcher(
        files_.asks_for_certificates() ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                       : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
        PortFiles::Fetch, ports_.back().get());
    grpc_server_credentials* credentials = grpc_ssl_server_credentials_create_with_options(options);
    const int port = grpc_server_add_http2_port(server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    return port;
  }

  const TlsReloader& files_;
  std::vector<std::unique_ptr<PortFiles>> ports_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const TlsReloader& files) {
  return std::make_shared<ReloadingCredentials>(files);
}

}  // namespace seedance::server
