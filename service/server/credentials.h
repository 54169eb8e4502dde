#ifndef SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_
#define SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "seedance/gateway/config/v1/config.pb.h"

namespace seedance::server {

// Plain text when `server` has no `tls`; else TLS with files that are re-read within a minute when they change, and
// mTLS when a client CA is named. FAILED_PRECONDITION when a file cannot be read now.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const gateway::config::v1::Server& server);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_
