#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_MONEY_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_MONEY_H_

#include "seedance/gateway/v1/money.pb.h"
#include "service/model/money.h"

namespace seedance::rpc {

// Writes currency and amount; never fails.
//
// Tests: tests/unit/rpc/convert/convert_test.cc
void ToProto(const model::Cost& cost, gateway::v1::Money* proto);

// Sets billing_model and estimated_cost of a message that has both fields; each only if known.
template <typename Message>
void SetCreation(const model::CallCost& creation, Message* proto) {
  proto->set_billing_model(creation.billing_model);
  if (!creation.cost.currency.empty()) ToProto(creation.cost, proto->mutable_estimated_cost());
}

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_MONEY_H_
