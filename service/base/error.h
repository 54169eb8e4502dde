#ifndef SEEDANCE_SERVICE_BASE_ERROR_H_
#define SEEDANCE_SERVICE_BASE_ERROR_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

// Errors inside the service are absl::Status with google.rpc details as payloads (type URL
// `type.googleapis.com/google.rpc.<Message>`). The functions below build them; rpc/calls converts them to grpc::Status.
// All functions are thread-safe and never throw.
namespace seedance::base {

// Mirror of seedance.gateway.v1.ErrorReason: same names (without prefix) and numbers; a test compares them.
// error_reason.proto says what each means and its status code.
enum class Reason {
  kUnspecified = 0,
  kInvalidInput = 1,
  kUpstreamInvalidInput = 2,
  kInputModeration = 3,
  kOutputModeration = 4,
  kUnauthenticated = 5,
  kUpstreamAuthFailed = 6,
  kCreditsExhausted = 7,
  kQuotaExceeded = 8,
  kRateLimited = 9,
  kResourceNotFound = 10,
  kRequestIdReused = 11,
  kDisplayNameTaken = 12,
  kAssetNotReady = 13,
  kGroupNotEmpty = 14,
  kCancelUnsupported = 15,
  kTaskAlreadyEnded = 16,
  kTaskNotSucceeded = 17,
  kResultExpired = 18,
  kSharedCredentials = 19,
  kOutcomeUnknown = 20,
  kUpstreamUnavailable = 21,
  kUpstreamProtocol = 22,
  kUpstreamLost = 23,
  kDeadlineExceeded = 24,
  kUpstreamFailed = 25,
  kResumeTokenExpired = 26,
  kSizeOutOfRange = 27,
  kDraining = 28,
  kStoreUnavailable = 29,
  kUnsupportedByUpstream = 30,
  kCancelled = 31,
  kInternal = 32,
  kAssetLibraryFull = 33,
  kTaskNotEnded = 34,
  kTaskNotInDoubt = 35,
  kTransferTooSlow = 40,
  kResultMissing = 60,
  kCreationNotInDoubt = 70,
};

// The value of ErrorInfo.reason: `INVALID_INPUT` for kInvalidInput.
std::string_view ReasonName(Reason reason);

// The status code that error_reason.proto gives the reason; kUnknown for reasons that only tasks and assets carry.
absl::StatusCode ReasonCode(Reason reason);

// A broken rule of one field.
struct FieldViolation {
  std::string field;        // Path in the request, for example `generation_task.references[2].role`.
  std::string description;  // The rule, the value and the limit.

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// The resource that an error is about.
struct ResourceRef {
  std::string type;  // For example `seedance.gateway.v1.Asset`.
  std::string name;

  friend bool operator==(const ResourceRef&, const ResourceRef&) = default;
};

// Everything an error carries besides code and message.
struct ErrorDetail {
  Reason reason = Reason::kUnspecified;
  std::map<std::string, std::string> metadata;  // ErrorInfo.metadata.
  std::vector<FieldViolation> violations;       // BadRequest.
  std::optional<absl::Duration> retry_delay;    // RetryInfo.
  std::optional<ResourceRef> resource;          // ResourceInfo.
  std::string quota_subject;                    // Subject of a QuotaFailure; empty: none is attached.
};

// Keys of ErrorInfo.metadata that several rooms use: code and message as the vendor sent them.
inline constexpr std::string_view kUpstreamCodeKey = "upstream_code";
inline constexpr std::string_view kUpstreamMessageKey = "upstream_message";

// Error with the code of `detail.reason`. Texts may quote a caller or a vendor: they are made printable and cut at 2
// KiB (utf8.h).
absl::Status MakeError(std::string_view message, const ErrorDetail& detail);
// The same with another code than that of the reason.
absl::Status MakeError(absl::StatusCode code, std::string_view message, const ErrorDetail& detail);

// INVALID_ARGUMENT with all `violations` (at least one).
absl::Status InvalidInput(std::vector<FieldViolation> violations);
// INVALID_ARGUMENT with one violation.
absl::Status InvalidField(std::string_view field, std::string_view description);
// NOT_FOUND with ResourceInfo.
absl::Status ResourceNotFound(std::string_view type, std::string_view name);
// UNAVAILABLE: the gateway's own store failed. `cause` goes to metadata.
absl::Status StoreUnavailable(std::string_view cause);
// INTERNAL: a defect of the gateway. `cause` becomes the message.
absl::Status InternalError(std::string_view cause);

// The details of `status`. A status that this file did not build has none; its reason is derived from the code
// (kInternal if nothing fits). OK gives kUnspecified.
ErrorDetail GetErrorDetail(const absl::Status& status);
// GetErrorDetail(status).reason.
Reason GetReason(const absl::Status& status);

// `status` as a serialized google.rpc.Status with all details.
std::string SerializeStatus(const absl::Status& status);
// Inverse of SerializeStatus. Bytes that are no google.rpc.Status give an INTERNAL error.
absl::Status ParseStatus(std::string_view bytes);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_ERROR_H_
