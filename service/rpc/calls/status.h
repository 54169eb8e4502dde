#ifndef SEEDANCE_SERVICE_RPC_CALLS_STATUS_H_
#define SEEDANCE_SERVICE_RPC_CALLS_STATUS_H_

#include <grpcpp/support/status.h>

#include <cstddef>

#include "absl/status/status.h"

namespace seedance::rpc {

// Maximum bytes of serialized details: in Base64, with message and other trailers, they must fit into the 8 KB of
// metadata that clients accept.
inline constexpr size_t kMaxDetailBytes = 4500;
// Maximum bytes of the message, which is sent twice (percent-encoded as `grpc-message`).
inline constexpr size_t kMaxMessageBytes = 512;

// The only conversion of a status to a gRPC status. Payloads become details of a google.rpc.Status in
// `grpc-status-details-bin`, with exactly one ErrorInfo (added if missing). What does not fit is cut: long metadata
// texts first, then field violations from the end; ErrorInfo metadata `violations_dropped` counts these. Thread-safe.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_STATUS_H_
