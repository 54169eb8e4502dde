#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_CREATION_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_CREATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/creation.pb.h"
#include "service/engine/assets/journal_reconciler.h"

namespace seedance::rpc {

// Requests of CreationService in the engine's words, or INVALID_ARGUMENT with every broken rule.
absl::StatusOr<engine::ListCreationsParams> ReadRequest(const gateway::v1::ListCreationsInDoubtRequest& request);
absl::StatusOr<engine::ReconcileCreationParams> ReadRequest(const gateway::v1::ReconcileCreationRequest& request);

// What page tokens of this list are bound to.
std::string PageFilter(const gateway::v1::ListCreationsInDoubtRequest& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_CREATION_H_
