#ifndef SEEDANCE_SERVICE_CONFIG_CLIENT_CERTIFICATE_H_
#define SEEDANCE_SERVICE_CONFIG_CLIENT_CERTIFICATE_H_

#include <string>

#include "seedance/gateway/config/v1/config.pb.h"

namespace seedance::config {

// The name of the certificate in the form of rpc::PeerNames, for example `dns:render.example.com`. Empty when nothing
// or an empty text is set.
//
// Tests: tests/unit/config/config_test.cc
std::string PeerNameOf(const gateway::config::v1::ClientCertificate& certificate);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CLIENT_CERTIFICATE_H_
