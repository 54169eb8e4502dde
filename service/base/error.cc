#include "service/base/error.h"

#include <array>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "service/base/utf8.h"

namespace seedance::base {
namespace {

constexpr std::string_view kDomain = "seedance-gateway";
constexpr size_t kMaxTextBytes = 2048;

std::string TextOf(std::string_view text) { return ToPrintable(text, kMaxTextBytes); }

struct ReasonRow {
  std::string_view name;
  absl::StatusCode code;
};

using absl::StatusCode;

// In the order of the enum.
constexpr std::array<ReasonRow, 41> kReasons = {{
    {"UNSPECIFIED", StatusCode::kUnknown},
    {"INVALID_INPUT", StatusCode::kInvalidArgument},
    {"UPSTREAM_INVALID_INPUT", StatusCode::kInvalidArgument},
    {"INPUT_MODERATION", StatusCode::kInvalidArgument},
    {"OUTPUT_MODERATION", StatusCode::kInvalidArgument},
    {"UNAUTHENTICATED", StatusCode::kUnauthenticated},
    {"UPSTREAM_AUTH_FAILED", StatusCode::kFailedPrecondition},
    {"CREDITS_EXHAUSTED", StatusCode::kResourceExhausted},
    {"QUOTA_EXCEEDED", StatusCode::kResourceExhausted},
    {"RATE_LIMITED", StatusCode::kResourceExhausted},
    {"RESOURCE_NOT_FOUND", StatusCode::kNotFound},
    {"REQUEST_ID_REUSED", StatusCode::kAlreadyExists},
    {"DISPLAY_NAME_TAKEN", StatusCode::kAlreadyExists},
    {"ASSET_NOT_READY", StatusCode::kFailedPrecondition},
    {"GROUP_NOT_EMPTY", StatusCode::kFailedPrecondition},
    {"CANCEL_UNSUPPORTED", StatusCode::kFailedPrecondition},
    {"TASK_ALREADY_ENDED", StatusCode::kFailedPrecondition},
    {"TASK_NOT_SUCCEEDED", StatusCode::kFailedPrecondition},
    {"RESULT_EXPIRED", StatusCode::kFailedPrecondition},
    {"SHARED_CREDENTIALS", StatusCode::kFailedPrecondition},
    {"OUTCOME_UNKNOWN", StatusCode::kUnknown},
    {"UPSTREAM_UNAVAILABLE", StatusCode::kUnavailable},
    {"UPSTREAM_PROTOCOL", StatusCode::kInternal},
    {"UPSTREAM_LOST", StatusCode::kNotFound},
    {"DEADLINE_EXCEEDED", StatusCode::kDeadlineExceeded},
    {"UPSTREAM_FAILED", StatusCode::kUnknown},
    {"RESUME_TOKEN_EXPIRED", StatusCode::kOutOfRange},
    {"SIZE_OUT_OF_RANGE", StatusCode::kOutOfRange},
    {"DRAINING", StatusCode::kUnavailable},
    {"STORE_UNAVAILABLE", StatusCode::kUnavailable},
    {"UNSUPPORTED_BY_UPSTREAM", StatusCode::kUnimplemented},
    {"CANCELLED", StatusCode::kCancelled},
    {"INTERNAL", StatusCode::kInternal},
    {"ASSET_LIBRARY_FULL", StatusCode::kResourceExhausted},
    {"TASK_NOT_ENDED", StatusCode::kFailedPrecondition},
    {"TASK_NOT_IN_DOUBT", StatusCode::kFailedPrecondition},
    {"", StatusCode::kUnknown},  // 36-39 are not used.
    {"", StatusCode::kUnknown},
    {"", StatusCode::kUnknown},
    {"", StatusCode::kUnknown},
    {"TRANSFER_TOO_SLOW", StatusCode::kAborted},
}};

Reason ReasonOfName(std::string_view name) {
  if (name.empty()) return Reason::kUnspecified;
  for (size_t i = 0; i < kReasons.size(); ++i) {
    if (kReasons[i].name == name) return static_cast<Reason>(i);
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

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  const int64_t seconds = absl::IDivDuration(duration, absl::Seconds(1), &duration);
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

}  // namespace

std::string_view ReasonName(Reason reason) { return kReasons[static_cast<size_t>(reason)].name; }

absl::StatusCode ReasonCode(Reason reason) { return kReasons[static_cast<size_t>(reason)].code; }

absl::Status MakeError(std::string_view message, const ErrorDetail& detail) {
  return MakeError(ReasonCode(detail.reason), message, detail);
}

// Every text goes through TextOf: a proto3 string that is not UTF-8 can be written but not be read again, and texts
// that quote a caller must neither write control characters to terminals and logs nor grow with what he sent.
absl::Status MakeError(absl::StatusCode code, std::string_view message, const ErrorDetail& detail) {
  const std::string text = TextOf(message);
  absl::Status status(code, text);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(detail.reason)));
  info.set_domain(std::string(kDomain));
  for (const auto& [key, value] : detail.metadata) (*info.mutable_metadata())[TextOf(key)] = TextOf(value);
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
  return MakeError("the gateway's store cannot be used now", detail);
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
