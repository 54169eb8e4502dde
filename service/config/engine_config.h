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

// Parts of a checked configuration in the words of the rooms that they are for. FAILED_PRECONDITION when a secret is
// missing.
absl::StatusOr<engine::Engine::Options> EngineOptions(const GatewayConfig& config);
// nullopt: nothing is staged.
std::optional<engine::StagingDirectory::Options> StagingOptions(const gateway::config::v1::Admin& admin);
rpc::RpcContext::Options RpcContextOptions(const GatewayConfig& config);

// The vendors with their transports.
absl::StatusOr<std::vector<engine::Upstreams::Config>> MakeUpstreams(const GatewayConfig& config, base::Clock& clock);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_ENGINE_CONFIG_H_
