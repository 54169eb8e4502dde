#ifndef SEEDANCE_SERVICE_RPC_CALLS_STATUS_H_
#define SEEDANCE_SERVICE_RPC_CALLS_STATUS_H_

#include <grpcpp/support/status.h>

#include <cstddef>

#include "absl/status/status.h"

namespace seedance::rpc {

// Most bytes of serialized details: with Base64 they must fit into the 8 KB that clients take as metadata, beside the
// message and the other trailers.
inline constexpr size_t kMaxDetailBytes = 4500;
// Most bytes of the message, which is sent a second time (percent-encoded) as `grpc-message`.
inline constexpr size_t kMaxMessageBytes = 512;

// The one place where a status becomes a gRPC status. The payloads become details of a google.rpc.Status in
// `grpc-status-details-bin`, with exactly one ErrorInfo (made here if the status has none). What does not fit is cut:
// long texts of metadata first, then field violations from the end; ErrorInfo metadata `violations_dropped` says how
// many.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_STATUS_H_
