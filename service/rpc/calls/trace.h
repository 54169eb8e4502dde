#ifndef SEEDANCE_SERVICE_RPC_CALLS_TRACE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_TRACE_H_

#include <string>
#include <string_view>

#include "service/base/random.h"

namespace seedance::rpc {

// True for a W3C `traceparent` of version 00: `00-{32 hex}-{16 hex}-{2 hex}`, lower case, ids not all zero.
bool IsTraceparent(std::string_view text);

// `received` if it is a traceparent, else a new one, not sampled.
std::string ContinueTrace(std::string_view received, base::Random& random);

// The 32 digits of the trace id.
std::string TraceId(std::string_view traceparent);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_TRACE_H_
