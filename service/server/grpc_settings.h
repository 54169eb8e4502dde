#ifndef SEEDANCE_SERVICE_SERVER_GRPC_SETTINGS_H_
#define SEEDANCE_SERVICE_SERVER_GRPC_SETTINGS_H_

#include <grpcpp/server_builder.h>

#include "service/config/config.h"

namespace seedance::server {

// What gRPC itself is told: sizes, memory, keepalive, and the age of connections.
//
// Tests: tests/e2e/edge_test.cc, tests/e2e/rollout_test.cc
void ApplyGrpcSettings(const gateway::config::v1::Server& config, grpc::ServerBuilder& builder);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_GRPC_SETTINGS_H_
