#ifndef SEEDANCE_SERVICE_CONFIG_ENGINE_CONFIG_H_
#define SEEDANCE_SERVICE_CONFIG_ENGINE_CONFIG_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/config/config.h"
#include "service/engine/engine.h"
#include "service/engine/uploads/staging_directory.h"
#include "service/rpc/calls/rpc_context.h"

namespace seedance::config {

// Options of the engine. FAILED_PRECONDITION when a secret cannot be read. All functions here expect a checked
// configuration.
absl::StatusOr<engine::Engine::Options> EngineOptions(const GatewayConfig& config);
// Options of the staging directory; nullopt: none is configured.
std::optional<engine::StagingDirectory::Options> StagingOptions(const gateway::config::v1::Admin& admin);
// Options of the RPC layer.
rpc::RpcContext::Options RpcContextOptions(const GatewayConfig& config);

// The upstreams with their transports. FAILED_PRECONDITION when a secret cannot be read. `clock` must outlive them.
absl::StatusOr<std::vector<engine::VendorAccounts::Config>> MakeVendorAccounts(const GatewayConfig& config,
                                                                               base::Clock& clock);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_ENGINE_CONFIG_H_
