#ifndef SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_
#define SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "service/server/tls_reloader.h"

namespace seedance::server {

// TLS credentials (1.2 or newer) that use `files.current()` at the start of each connection; mTLS, required and
// verified, when `files.asks_for_certificates()`. A reload does not affect existing connections. Connections of one
// port must start on one thread at a time (one accept loop). `files` and the credentials must outlive the gRPC server.
//
// Tests: tests/unit/server/server_test.cc, tests/e2e/tls_test.cc
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const TlsReloader& files);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_
