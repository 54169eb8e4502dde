#ifndef SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_
#define SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "service/server/tls_reloader.h"

namespace seedance::server {

// TLS 1.2 or newer with what `files.current()` is when a connection begins; mTLS, required and verified, when
// `files.asks_for_certificates()`. Connections that exist are not touched by a reload. Connections of one port must
// begin on one thread at a time (one accept loop). `files` and the credentials outlive the gRPC server.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const TlsReloader& files);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_CREDENTIALS_H_
