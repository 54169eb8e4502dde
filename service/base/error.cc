#include "service/base/error.h"

#include <array>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "service/base/advice.h"
#include "service/base/proto_time.h"
#include "service/base/utf8.h"

namespace seedance::base {
namespace {

constexpr std::string_view kDomain = "seedance-gateway";
constexpr size_t kMaxTextBytes = 2048;

std::string TextOf(std::string_view text) { return ToPrintable(text, kMaxTextBytes); }

struct ReasonRow {
  Reason reason;
  std::string_view name;
  absl::StatusCode code;
};

using absl::StatusCode;

constexpr ReasonRow kReasons[] = {
    {Reason::kUnspecified, "UNSPECIFIED", StatusCode::kUnknown},
    {Reason::kInvalidInput, "INVALID_INPUT", StatusCode::kInvalidArgument},
    {Reason::kUpstreamInvalidInput, "UPSTREAM_INVALID_INPUT", StatusCode::kInvalidArgument},
    {Reason::kInputModeration, "INPUT_MODERATION", StatusCode::kInvalidArgument},
    {Reason::kOutputModeration, "OUTPUT_MODERATION", StatusCode::kInvalidArgument},
    {Reason::kUnauthenticated, "UNAUTHENTICATED", StatusCode::kUnauthenticated},
    {Reason::kUpstreamAuthFailed, "UPSTREAM_AUTH_FAILED", StatusCode::kFailedPrecondition},
    {Reason::kCreditsExhausted, "CREDITS_EXHAUSTED", StatusCode::kResourceExhausted},
    {Reason::kQuotaExceeded, "QUOTA_EXCEEDED", StatusCode::kResourceExhausted},
    {Reason::kRateLimited, "RATE_LIMITED", StatusCode::kResourceExhausted},
    {Reason::kResourceNotFound, "RESOURCE_NOT_FOUND", StatusCode::kNotFound},
    {Reason::kRequestIdReused, "REQUEST_ID_REUSED", StatusCode::kAlreadyExists},
    {Reason::kDisplayNameTaken, "DISPLAY_NAME_TAKEN", StatusCode::kAlreadyExists},
    {Reason::kAssetNotReady, "ASSET_NOT_READY", StatusCode::kFailedPrecondition},
    {Reason::kGroupNotEmpty, "GROUP_NOT_EMPTY", StatusCode::kFailedPrecondition},
    {Reason::kCancelUnsupported, "CANCEL_UNSUPPORTED", StatusCode::kFailedPrecondition},
    {Reason::kTaskAlreadyEnded, "TASK_ALREADY_ENDED", StatusCode::kFailedPrecondition},
    {Reason::kTaskNotSucceeded, "TASK_NOT_SUCCEEDED", StatusCode::kFailedPrecondition},
    {Reason::kResultExpired, "RESULT_EXPIRED", StatusCode::kFailedPrecondition},
    {Reason::kSharedCredentials, "SHARED_CREDENTIALS", StatusCode::kFailedPrecondition},
    {Reason::kOutcomeUnknown, "OUTCOME_UNKNOWN", StatusCode::kUnknown},
    {Reason::kUpstreamUnavailable, "UPSTREAM_UNAVAILABLE", StatusCode::kUnavailable},
    {Reason::kUpstreamProtocol, "UPSTREAM_PROTOCOL", StatusCode::kInternal},
    {Reason::kUpstreamLost, "UPSTREAM_LOST", StatusCode::kNotFound},
    {Reason::kDeadlineExceeded, "DEADLINE_EXCEEDED", StatusCode::kDeadlineExceeded},
    {Reason::kUpstreamFailed, "UPSTREAM_FAILED", StatusCode::kUnknown},
    {Reason::kResumeTokenExpired, "RESUME_TOKEN_EXPIRED", StatusCode::kOutOfRange},
    {Reason::kSizeOutOfRange, "SIZE_OUT_OF_RANGE", StatusCode::kOutOfRange},
    {Reason::kDraining, "DRAINING", StatusCode::kUnavailable},
    {Reason::kStoreUnavailable, "STORE_UNAVAILABLE", StatusCode::kUnavailable},
    {Reason::kUnsupportedByUpstream, "UNSUPPORTED_BY_UPSTREAM", StatusCode::kUnimplemented},
    {Reason::kCancelled, "CANCELLED", StatusCode::kCancelled},
    {Reason::kInternal, "INTERNAL", StatusCode::kInternal},
    {Reason::kAssetLibraryFull, "ASSET_LIBRARY_FULL", StatusCode::kResourceExhausted},
    {Reason::kTaskNotEnded, "TASK_NOT_ENDED", StatusCode::kFailedPrecondition},
    {Reason::kTaskNotInDoubt, "TASK_NOT_IN_DOUBT", StatusCode::kFailedPrecondition},
    {Reason::kTransferTooSlow, "TRANSFER_TOO_SLOW", StatusCode::kAborted},
    {Reason::kResultMissing, "RESULT_MISSING", StatusCode::kUnknown},
    {Reason::kCreationNotInDoubt, "CREATION_NOT_IN_DOUBT", StatusCode::kFailedPrecondition},
};

constexpr size_t kReasonNumbers = 1 + static_cast<size_t>(Reason::kCreationNotInDoubt);

// By number; gaps stay empty.
constexpr std::array<ReasonRow, kReasonNumbers> ByNumber() {
  std::array<ReasonRow, kReasonNumbers> rows{};
  for (ReasonRow& row : rows) row = {Reason::kUnspecified, "", StatusCode::kUnknown};
  for (const ReasonRow& row : kReasons) rows[static_cast<size_t>(row.reason)] = row;
  return rows;
}

constexpr std::array<ReasonRow, kReasonNumbers> kByNumber = ByNumber();

Reason ReasonOfName(std::string_view name) {
  if (name.empty()) return Reason::kUnspecified;
  for (const ReasonRow& row : kReasons) {
    if (row.name == name) return row.reason;
  }
  return Reason::kUnspecified;
}

// For statuses that a library made.
Reason ReasonOfCode(absl::StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return Reason::kUnspecified;
    case StatusCode::kCancelled:
      return Reason::kCancelled;
    case StatusCode::kInvalidArgument:
      return Reason::kInvalidInput;
    case StatusCode::kDeadlineExceeded:
      return Reason::kDeadlineExceeded;
    case StatusCode::kNotFound:
      return Reason::kResourceNotFound;
    case StatusCode::kUnauthenticated:
      return Reason::kUnauthenticated;
    default:
      return Reason::kInternal;
  }
}

template <typename Message>
std::string TypeUrl() {
  return absl::StrCat("type.googleapis.com/", std::string(Message::descriptor()->full_name()));
}

template <typename Message>
void Attach(absl::Status& status, const Message& message) {
  status.SetPayload(TypeUrl<Message>(), absl::Cord(message.SerializeAsString()));
}

template <typename Message>
std::optional<Message> Find(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(TypeUrl<Message>());
  Message message;
  if (!payload.has_value() || !message.ParseFromString(std::string(*payload))) return std::nullopt;
  return message;
}

}  // namespace

std::string_view ReasonName(Reason reason) { return kByNumber[static_cast<size_t>(reason)].name; }

absl::StatusCode ReasonCode(Reason reason) { return kByNumber[static_cast<size_t>(reason)].code; }

absl::Status MakeError(std::string_view message, const ErrorDetail& detail) {
  return MakeError(ReasonCode(detail.reason), message, detail);
}

// Every text goes through TextOf: protobuf writes a string that is not UTF-8 but does not read it again, and texts that
// quote a caller must neither put control characters into terminals and logs nor grow without a bound.
absl::Status MakeError(absl::StatusCode code, std::string_view message, const ErrorDetail& detail) {
  const std::string text = TextOf(message);
  absl::Status status(code, text);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(detail.reason)));
  info.set_domain(std::string(kDomain));
  for (const auto& [key, value] : detail.metadata) (*info.mutable_metadata())[TextOf(key)] = TextOf(value);
  const std::string_view advice = AdviceOf(detail.reason);
  if (!advice.empty()) (*info.mutable_metadata())[std::string(kAdviceKey)] = std::string(advice);
  Attach(status, info);
  if (!detail.violations.empty()) {
    google::rpc::BadRequest bad;
    for (const FieldViolation& violation : detail.violations) {
      auto* field = bad.add_field_violations();
      field->set_field(TextOf(violation.field));
      field->set_description(TextOf(violation.description));
    }
    Attach(status, bad);
  }
  if (detail.retry_delay.has_value()) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() = ToProto(*detail.retry_delay);
    Attach(status, retry);
  }
  if (detail.resource.has_value()) {
    google::rpc::ResourceInfo resource;
    resource.set_resource_type(TextOf(detail.resource->type));
    resource.set_resource_name(TextOf(detail.resource->name));
    resource.set_description(text);
    Attach(status, resource);
  }
  if (!detail.quota_subject.empty()) {
    google::rpc::QuotaFailure quota;
    auto* violation = quota.add_violations();
    violation->set_subject(TextOf(detail.quota_subject));
    violation->set_description(text);
    Attach(status, quota);
  }
  return status;
}

absl::Status InvalidInput(std::vector<FieldViolation> violations) {
  std::string message = absl::StrCat(violations.front().field, ": ", violations.front().description);
  if (violations.size() > 1) absl::StrAppend(&message, " (and ", violations.size() - 1, " more)");
  ErrorDetail detail;
  detail.reason = Reason::kInvalidInput;
  detail.violations = std::move(violations);
  return MakeError(message, detail);
}

absl::Status InvalidField(std::string_view field, std::string_view description) {
  return InvalidInput({{std::string(field), std::string(description)}});
}

absl::Status ResourceNotFound(std::string_view type, std::string_view name) {
  ErrorDetail detail;
  detail.reason = Reason::kResourceNotFound;
  detail.resource = ResourceRef{std::string(type), std::string(name)};
  return MakeError(absl::StrCat(std::string(name), " does not exist"), detail);
}

absl::Status StoreUnavailable(std::string_view cause) {
  ErrorDetail detail;
  detail.reason = Reason::kStoreUnavailable;
  detail.metadata["cause"] = std::string(cause);
  detail.retry_delay = absl::Seconds(1);
  return MakeError("the gateway's store is unavailable", detail);
}

absl::Status InternalError(std::string_view cause) {
  ErrorDetail detail;
  detail.reason = Reason::kInternal;
  return MakeError(cause, detail);
}

ErrorDetail GetErrorDetail(const absl::Status& status) {
  ErrorDetail detail;
  detail.reason = ReasonOfCode(status.code());
  if (auto info = Find<google::rpc::ErrorInfo>(status)) {
    detail.reason = ReasonOfName(info->reason());
    detail.metadata.insert(info->metadata().begin(), info->metadata().end());
    // Derived from the reason, which the reader may change.
    detail.metadata.erase(std::string(kAdviceKey));
  }
  if (auto bad = Find<google::rpc::BadRequest>(status)) {
    for (const auto& field : bad->field_violations()) {
      detail.violations.push_back({field.field(), field.description()});
    }
  }
  if (auto retry = Find<google::rpc::RetryInfo>(status)) detail.retry_delay = FromProto(retry->retry_delay());
  if (auto resource = Find<google::rpc::ResourceInfo>(status)) {
    detail.resource = ResourceRef{resource->resource_type(), resource->resource_name()};
  }
  if (auto quota = Find<google::rpc::QuotaFailure>(status); quota.has_value() && quota->violations_size() > 0) {
    detail.quota_subject = quota->violations(0).subject();
  }
  return detail;
}

Reason GetReason(const absl::Status& status) { return GetErrorDetail(status).reason; }

std::string SerializeStatus(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(TextOf(std::string(status.message())));
  status.ForEachPayload([&proto](absl::string_view type_url, const absl::Cord& payload) {
    auto* any = proto.add_details();
    any->set_type_url(std::string(type_url));
    any->set_value(std::string(payload));
  });
  return proto.SerializeAsString();
}

absl::Status ParseStatus(std::string_view bytes) {
  google::rpc::Status proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InternalError("stored error cannot be read");
  }
  absl::Status status(static_cast<absl::StatusCode>(proto.code()), proto.message());
  for (const auto& any : proto.details()) status.SetPayload(any.type_url(), absl::Cord(any.value()));
  return status;
}

}  // namespace seedance::base
