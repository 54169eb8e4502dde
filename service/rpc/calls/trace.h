#ifndef SEEDANCE_SERVICE_RPC_CALLS_TRACE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_TRACE_H_

#include <string>
#include <string_view>

#include "service/base/random.h"

namespace seedance::rpc {

// Whether `text` is a W3C `traceparent` of version 00: `00-{32 hex}-{16 hex}-{2 hex}`, lower case, ids not all zero.
//
// Tests: tests/unit/rpc/calls/call_facts_test.cc
bool IsTraceparent(std::string_view text);

// `received` if it is a traceparent; otherwise a new one, not sampled.
std::string ContinueTrace(std::string_view received, base::Random& random);

// The 32 digits of the trace id of a valid traceparent.
std::string TraceId(std::string_view traceparent);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_TRACE_H_
