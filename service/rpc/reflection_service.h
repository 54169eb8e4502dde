#ifndef SEEDANCE_SERVICE_RPC_REFLECTION_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_REFLECTION_SERVICE_H_

#include "service/rpc/calls/method.h"

namespace seedance::rpc {

// grpc.reflection.v1 and v1alpha: the services of `methods` and the protos that are linked into this program. A token
// is asked for as for any other call; the number of streams is limited. `methods` outlives its methods.
void AddReflection(Methods& methods);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REFLECTION_SERVICE_H_
