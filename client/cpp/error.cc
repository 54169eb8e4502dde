#include "client/cpp/error.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace seedance::client {
namespace {

constexpr char kStatusTypeUrl[] = "type.googleapis.com/google.rpc.Status";

void ReadDetail(const google::protobuf::Any& any, ErrorDetails& details) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  google::rpc::ResourceInfo resource;
  google::rpc::QuotaFailure quota;
  if (any.UnpackTo(&info)) {
    details.reason = info.reason();
    details.domain = info.domain();
    details.metadata = {info.metadata().begin(), info.metadata().end()};
  } else if (any.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      details.violations.push_back({violation.field(), violation.description()});
    }
  } else if (any.UnpackTo(&retry)) {
    details.retry_delay = absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
  } else if (any.UnpackTo(&resource)) {
    details.resource_type = resource.resource_type();
    details.resource_name = resource.resource_name();
    details.resource_description = resource.description();
  } else if (any.UnpackTo(&quota) && quota.violations_size() > 0) {
    details.quota_subject = quota.violations(0).subject();
    details.quota_description = quota.violations(0).description();
  }
}

ErrorDetails DecodeBytes(const std::string& bytes) {
  ErrorDetails details;
  google::rpc::Status status;
  if (!status.ParseFromString(bytes)) return details;
  for (const auto& any : status.details()) ReadDetail(any, details);
  return details;
}

}  // namespace

ErrorDetails DecodeError(const grpc::Status& status) { return DecodeBytes(status.error_details()); }

ErrorDetails DecodeError(const absl::Status& status) {
  const auto payload = status.GetPayload(kStatusTypeUrl);
  return payload.has_value() ? DecodeBytes(std::string(*payload)) : ErrorDetails();
}

absl::Status ToAbslStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  if (!status.error_details().empty()) result.SetPayload(kStatusTypeUrl, absl::Cord(status.error_details()));
  return result;
}

}  // namespace seedance::client
