#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_CREATION_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_CREATION_H_

#include <string>

#include "seedance/gateway/v1/creation.pb.h"
#include "service/engine/assets/journal_reconciler.h"

namespace seedance::rpc {

// Write every field of the message; never fail.
//
// Tests: tests/unit/rpc/creation_test.cc
void ToProto(const model::JournalEntry& call, gateway::v1::Creation* proto);
void ToProto(const engine::LookupCandidate& seen, gateway::v1::ReconcileCreationResponse::Candidate* proto);

// The journal's method name of the kind; empty for an unknown kind.
std::string MethodOf(gateway::v1::Creation::Kind kind);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_CREATION_H_
