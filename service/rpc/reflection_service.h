#ifndef SEEDANCE_SERVICE_RPC_REFLECTION_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_REFLECTION_SERVICE_H_

#include "service/rpc/calls/method.h"

namespace seedance::rpc {

// Adds grpc.reflection.v1 and v1alpha: the services of `methods` and the protos linked into this program. Needs a token
// like any other call; the number of streams is limited. `methods` must outlive the added methods.
//
// Tests: tests/unit/rpc/calls/dispatcher_test.cc
void AddReflection(Methods& methods);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REFLECTION_SERVICE_H_
