#include "service/rpc/validate/validate_creation.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "service/model/names.h"
#include "service/rpc/convert/convert_creation.h"
#include "service/rpc/validate/request_rules.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

constexpr size_t kMaxRequestIdBytes = 512;
// Keeps pages below the clients' message limit.
constexpr int kMostOfPage = 200;

}  // namespace

std::string PageFilter(const v1::ListCreationsInDoubtRequest& request) {
  v1::ListCreationsInDoubtRequest filter = request;
  filter.clear_page_size();
  filter.clear_page_token();
  return FilterOf(filter);
}

absl::StatusOr<engine::ListCreationsParams> ReadRequest(const v1::ListCreationsInDoubtRequest& request) {
  RequestRules rules;
  engine::ListCreationsParams params;
  params.page_size = std::min(rules.PageSize(request.page_size()), kMostOfPage);
  params.after = rules.PageToken(request.page_token(), PageFilter(request));
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

absl::StatusOr<engine::ReconcileCreationParams> ReadRequest(const v1::ReconcileCreationRequest& request) {
  RequestRules rules;
  engine::ReconcileCreationParams params;
  params.method = MethodOf(request.kind());
  if (params.method.empty()) rules.Add("kind", "must be KIND_ASSET_GROUP, KIND_ASSET, KIND_UPLOAD or KIND_RECREATION");
  rules.Name("request_id", request.request_id(), kMaxRequestIdBytes);
  params.request_id = request.kind() == v1::Creation::KIND_RECREATION ? request.request_id()
                                                                      : absl::AsciiStrToLower(request.request_id());
  switch (request.verdict_case()) {
    case v1::ReconcileCreationRequest::kUpstreamId:
      if (!model::IsUpstreamId(request.upstream_id())) {
        rules.Add("upstream_id", "must have 1 to 128 printable ASCII characters, none of them / \\ ? # %");
      }
      params.upstream_id = request.upstream_id();
      break;
    case v1::ReconcileCreationRequest::kNotAccepted:
      if (!request.not_accepted()) rules.Add("not_accepted", "must be true; omit it to search the vendor");
      params.not_accepted = true;
      break;
    case v1::ReconcileCreationRequest::VERDICT_NOT_SET:
      break;
  }
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

}  // namespace seedance::rpc
