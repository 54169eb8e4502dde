#include "service/rpc/validate/validate_group.h"

#include <set>

#include "service/rpc/convert/convert_group.h"
#include "service/rpc/validate/request_rules.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

constexpr size_t kMaxGroupName = 64;
constexpr size_t kMaxDescriptionCharacters = 300;

// An empty mask means every field that is not empty.
std::set<std::string> PathsOf(const v1::UpdateAssetGroupRequest& request, RequestRules& rules) {
  std::set<std::string> paths = rules.UpdateMask(request.update_mask(), {"display_name", "description"});
  if (!paths.empty()) return paths;
  if (!request.asset_group().display_name().empty()) paths.insert("display_name");
  if (!request.asset_group().description().empty()) paths.insert("description");
  if (paths.empty()) rules.Add("update_mask", "is empty, and asset_group has nothing to change");
  return paths;
}

}  // namespace

absl::StatusOr<engine::CreateGroupParams> ReadRequest(const v1::CreateAssetGroupRequest& request) {
  RequestRules rules;
  const v1::AssetGroup& group = request.asset_group();
  rules.Name("asset_group.display_name", group.display_name(), kMaxGroupName);
  rules.Text("asset_group.description", group.description(), kMaxDescriptionCharacters);
  rules.Upstream("asset_group.upstream", group.upstream());
  rules.Enum("asset_group.group_type", v1::GroupType_IsValid(group.group_type()), group.group_type());
  rules.RequestId("request_id", request.request_id());
  if (!rules.ok()) return rules.ToStatus();
  engine::CreateGroupParams params;
  params.upstream = group.upstream();
  params.display_name = group.display_name();
  params.description = group.description();
  params.type = FromProto(group.group_type());
  params.request_id = request.request_id();
  params.validate_only = request.validate_only();
  return params;
}

absl::StatusOr<model::UpstreamHandle> ReadRequest(const v1::GetAssetGroupRequest& request) {
  RequestRules rules;
  model::UpstreamHandle handle = rules.GroupName("name", request.name());
  if (!rules.ok()) return rules.ToStatus();
  return handle;
}

std::string PageFilter(const v1::ListAssetGroupsRequest& request) {
  v1::ListAssetGroupsRequest filter = request;
  filter.clear_page_size();
  filter.clear_page_token();
  return FilterOf(filter);
}

absl::StatusOr<engine::ListGroupsParams> ReadRequest(const v1::ListAssetGroupsRequest& request) {
  RequestRules rules;
  engine::ListGroupsParams params;
  rules.Upstream("upstream", request.upstream());
  rules.Text("display_name_contains", request.display_name_contains(), kMaxGroupName);
  rules.Enum("group_type", v1::GroupType_IsValid(request.group_type()), request.group_type());
  params.page_size = rules.PageSize(request.page_size());
  params.after = rules.PageToken(request.page_token(), PageFilter(request));
  if (!rules.ok()) return rules.ToStatus();
  params.upstream = request.upstream();
  params.display_name_contains = request.display_name_contains();
  params.type = FromProto(request.group_type());
  params.read_upstream = request.read_upstream();
  return params;
}

absl::StatusOr<engine::UpdateGroupParams> ReadRequest(const v1::UpdateAssetGroupRequest& request) {
  RequestRules rules;
  engine::UpdateGroupParams params;
  const v1::AssetGroup& group = request.asset_group();
  params.handle = rules.GroupName("asset_group.name", group.name());
  const std::set<std::string> paths = PathsOf(request, rules);
  if (paths.count("display_name") > 0) {
    rules.Name("asset_group.display_name", group.display_name(), kMaxGroupName);
    params.display_name = group.display_name();
  }
  if (paths.count("description") > 0) {
    rules.Text("asset_group.description", group.description(), kMaxDescriptionCharacters);
    params.description = group.description();
  }
  rules.RequestId("request_id", request.request_id());
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

absl::StatusOr<engine::DeleteGroupParams> ReadRequest(const v1::DeleteAssetGroupRequest& request) {
  RequestRules rules;
  engine::DeleteGroupParams params;
  params.handle = rules.GroupName("name", request.name());
  params.force = request.force();
  params.allow_missing = request.allow_missing();
  rules.RequestId("request_id", request.request_id());
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

}  // namespace seedance::rpc
