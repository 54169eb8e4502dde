#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_CREATION_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_CREATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/creation.pb.h"
#include "service/engine/assets/journal_reconciler.h"

namespace seedance::rpc {

// Convert requests of CreationService to the engine's parameters, or return INVALID_ARGUMENT with every broken rule.
//
// Tests: tests/unit/rpc/creation_test.cc
absl::StatusOr<engine::ListCreationsParams> ReadRequest(const gateway::v1::ListCreationsInDoubtRequest& request);
absl::StatusOr<engine::ReconcileCreationParams> ReadRequest(const gateway::v1::ReconcileCreationRequest& request);

// The filter to which page tokens of this list are bound.
std::string PageFilter(const gateway::v1::ListCreationsInDoubtRequest& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_CREATION_H_
