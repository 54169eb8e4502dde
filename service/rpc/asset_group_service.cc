#include "service/rpc/asset_group_service.h"

#include "seedance/gateway/v1/asset_group.grpc.pb.h"
#include "service/rpc/calls/unary_call.h"
#include "service/rpc/convert/convert_group.h"
#include "service/rpc/validate/validate_group.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

void FillGroup(const model::AssetGroup& group, v1::AssetGroup& response, Call& call) {
  ToProto(group, &response);
  call.set_resource(response.name());
}

}  // namespace

void AssetGroupService::AddTo(Methods& methods) {
  using Self = AssetGroupService;
  const std::string name = v1::AssetGroupService::service_full_name();
  methods.Add(name, Unary("CreateAssetGroup", this, &Self::CreateAssetGroup));
  methods.Add(name, Unary("GetAssetGroup", this, &Self::GetAssetGroup));
  methods.Add(name, Unary("ListAssetGroups", this, &Self::ListAssetGroups));
  methods.Add(name, Unary("UpdateAssetGroup", this, &Self::UpdateAssetGroup));
  methods.Add(name, Unary("DeleteAssetGroup", this, &Self::DeleteAssetGroup));
}

void AssetGroupService::CreateAssetGroup(const v1::CreateAssetGroupRequest& request,
                                         const UnaryCall<v1::AssetGroup>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  groups_.Create(rpc->call().context(), *params, rpc->Then<model::AssetGroup>(FillGroup));
}

void AssetGroupService::GetAssetGroup(const v1::GetAssetGroupRequest& request,
                                      const UnaryCall<v1::AssetGroup>::Pointer& rpc) {
  rpc->call().set_resource(request.name());
  const auto handle = ReadRequest(request);
  if (!handle.ok()) return rpc->Fail(handle.status());
  groups_.Get(rpc->call().context(), *handle, rpc->Then<model::AssetGroup>(FillGroup));
}

void AssetGroupService::ListAssetGroups(const v1::ListAssetGroupsRequest& request,
                                        const UnaryCall<v1::ListAssetGroupsResponse>::Pointer& rpc) {
  using Page = model::Page<model::AssetGroup>;
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  auto fill = [filter = PageFilter(request)](const Page& page, v1::ListAssetGroupsResponse& list, Call&) {
    for (const model::AssetGroup& group : page.items) ToProto(group, list.add_asset_groups());
    if (!page.next.at_start()) list.set_next_page_token(model::EncodePageToken(page.next, filter));
  };
  groups_.List(rpc->call().context(), *params, rpc->Then<Page>(std::move(fill)));
}

void AssetGroupService::UpdateAssetGroup(const v1::UpdateAssetGroupRequest& request,
                                         const UnaryCall<v1::AssetGroup>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.asset_group().name());
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  groups_.Update(rpc->call().context(), *params, rpc->Then<model::AssetGroup>(FillGroup));
}

void AssetGroupService::DeleteAssetGroup(const v1::DeleteAssetGroupRequest& request,
                                         const UnaryCall<google::protobuf::Empty>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.name());
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  groups_.Delete(rpc->call().context(), *params, rpc->ThenNothing());
}

}  // namespace seedance::rpc
