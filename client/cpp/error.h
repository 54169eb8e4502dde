#ifndef SEEDANCE_CLIENT_CPP_ERROR_H_
#define SEEDANCE_CLIENT_CPP_ERROR_H_

#include <grpcpp/support/status.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace seedance::client {

// A rule of the gateway that a field of the request breaks.
struct FieldViolation {
  std::string field;        // Path in the request, for example `generation_task.references[2].role`.
  std::string description;  // The rule, with the value and the limit.

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// What the gateway says about an error besides code and message. Every part may be missing: an error that was made
// on the way to the gateway (connection refused, a proxy) has none.
struct ErrorDetails {
  std::string reason;  // Name in seedance.gateway.v1.ErrorReason without prefix, for example `ASSET_NOT_READY`.
  std::string domain;  // `seedance-gateway`.
  std::map<std::string, std::string> metadata;  // For example `upstream_code`, `upstream_message`, `resume_token`.
  std::vector<FieldViolation> violations;
  std::optional<absl::Duration> retry_delay;  // Not before this has passed.
  std::string resource_type;                  // For example `seedance.gateway.v1.Asset`.
  std::string resource_name;                  // For example `assets/anyfast~asset-1`.
  std::string resource_description;
  std::string quota_subject;      // What the limit belongs to, for example `upstream:anyfast`.
  std::string quota_description;  // What the limit is.

  friend bool operator==(const ErrorDetails&, const ErrorDetails&) = default;
};

// Reads the google.rpc details of `status`. Bytes that are no google.rpc.Status give empty details; never fails.
ErrorDetails DecodeError(const grpc::Status& status);

// The same for an error that a Client returned.
ErrorDetails DecodeError(const absl::Status& status);

// `status` with code, message and (as a payload that DecodeError reads) its details.
absl::Status ToAbslStatus(const grpc::Status& status);

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_ERROR_H_
