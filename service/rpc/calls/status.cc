#include "service/rpc/calls/status.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "google/rpc/error_details.pb.h"
#include "service/base/error.h"
#include "service/base/utf8.h"

namespace seedance::rpc {
namespace {

constexpr size_t kMaxMetadataValueBytes = 400;
constexpr size_t kMaxMetadataEntries = 4;
constexpr char kDroppedKey[] = "violations_dropped";

absl::Status Rebuild(const absl::Status& status, const base::ErrorDetail& detail) {
  return base::MakeError(status.code(), base::CutUtf8(std::string(status.message()), kMaxMessageBytes), detail);
}

void CutMetadata(base::ErrorDetail& detail) {
  for (auto& [key, value] : detail.metadata) value = base::CutUtf8(std::move(value), kMaxMetadataValueBytes);
  while (detail.metadata.size() > kMaxMetadataEntries) detail.metadata.erase(std::prev(detail.metadata.end()));
}

// Drops violations from the end until the details fit.
std::string SerializeWithin(const absl::Status& status, size_t limit) {
  base::ErrorDetail detail = base::GetErrorDetail(status);
  std::string bytes = base::SerializeStatus(Rebuild(status, detail));
  if (bytes.size() <= limit) return bytes;
  CutMetadata(detail);
  for (base::FieldViolation& violation : detail.violations) {
    violation.field = base::CutUtf8(std::move(violation.field), kMaxMetadataValueBytes);
    violation.description = base::CutUtf8(std::move(violation.description), kMaxMetadataValueBytes);
  }
  bytes = base::SerializeStatus(Rebuild(status, detail));
  const size_t all = detail.violations.size();
  while (bytes.size() > limit && detail.violations.size() > 1) {
    // A tenth at a time, so that thousands of violations cost few rounds.
    const size_t drop = std::max<size_t>(1, detail.violations.size() / 10);
    detail.violations.resize(detail.violations.size() - drop);
    detail.metadata[kDroppedKey] = std::to_string(all - detail.violations.size());
    bytes = base::SerializeStatus(Rebuild(status, detail));
  }
  return bytes;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // absl's and gRPC's codes have equal numbers.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      base::CutUtf8(std::string(status.message()), kMaxMessageBytes),
                      SerializeWithin(status, kMaxDetailBytes));
}

}  // namespace seedance::rpc
