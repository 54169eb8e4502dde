#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_UPSTREAM_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_UPSTREAM_H_

#include <string>

#include "seedance/gateway/v1/upstream.pb.h"
#include "service/model/profile.h"

namespace seedance::rpc {

// Write every field of the message; never fail. `upstream`: the name of the account.
//
// Tests: tests/unit/rpc/upstream_service_test.cc
void ToProto(const std::string& upstream, const model::UpstreamProfile& profile, gateway::v1::Upstream* proto);
void ToProto(const std::string& upstream, const model::ModelProfile& model, gateway::v1::Model* proto);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_UPSTREAM_H_
