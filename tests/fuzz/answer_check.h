#ifndef SEEDANCE_TESTS_FUZZ_ANSWER_CHECK_H_
#define SEEDANCE_TESTS_FUZZ_ANSWER_CHECK_H_

#include <string>

#include "tests/fuzz/api_methods.h"
#include "tests/fuzz/fuzz_call.h"

namespace seedance::fuzz {

// What is wrong with the answer to `call`, in words; empty when nothing is. The rules:
//
// - OK: every response is a message of the method's type; exactly one unless the method streams responses.
// - Otherwise: exactly one ErrorInfo of the domain `seedance-gateway` with a known reason, the code inside the details
// is
//   that of the status, INVALID_INPUT names a field. Texts are UTF-8 without control characters and are bounded.
// - INTERNAL, DATA_LOSS, and a store that is not available, are defects: vendor and store are sound in these runs.
// - A first message that does not parse is never answered with OK.
// - What the gRPC library answers itself has no details and is allowed in these cases only: CANCELLED and
//   DEADLINE_EXCEEDED of a client that did not wait for the end, RESOURCE_EXHAUSTED of a request above 4 MiB. So a
//   response above 4 MiB, which clients refuse, is a fault.
std::string FaultOf(const ApiMethod& method, const FuzzCall& call, const FuzzAnswer& answer);

// `CODE REASON` for counting; the reason is `-` where the gRPC library answered.
std::string KindOf(const grpc::Status& status);

// The details for people.
std::string DetailText(const grpc::Status& status);

// Whether `bytes` parse as a message of this type.
bool Parses(const google::protobuf::Descriptor& type, const std::string& bytes);

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_ANSWER_CHECK_H_
