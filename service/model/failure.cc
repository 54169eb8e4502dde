#include "service/model/failure.h"

namespace seedance::model {
namespace {

std::string MetadataOr(const base::ErrorDetail& detail, std::string_view key, std::string_view otherwise) {
  const auto found = detail.metadata.find(std::string(key));
  return found == detail.metadata.end() ? std::string(otherwise) : found->second;
}

}  // namespace

Failure ToFailure(const absl::Status& status) {
  const base::ErrorDetail detail = base::GetErrorDetail(status);
  return {detail.reason, MetadataOr(detail, base::kUpstreamCodeKey, ""),
          MetadataOr(detail, base::kUpstreamMessageKey, std::string(status.message()))};
}

}  // namespace seedance::model
