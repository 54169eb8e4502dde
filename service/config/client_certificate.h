#ifndef SEEDANCE_SERVICE_CONFIG_CLIENT_CERTIFICATE_H_
#define SEEDANCE_SERVICE_CONFIG_CLIENT_CERTIFICATE_H_

#include <string>

#include "seedance/gateway/config/v1/config.pb.h"

namespace seedance::config {

// What identifies the certificate, as rpc::PeerNames writes it, for example `dns:render.example.com`. Empty when
// nothing is set, or an empty text.
std::string PeerNameOf(const gateway::config::v1::ClientCertificate& certificate);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CLIENT_CERTIFICATE_H_
