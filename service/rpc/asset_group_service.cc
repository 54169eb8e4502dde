#include "service/rpc/asset_group_service.h"

#include "service/rpc/convert_group.h"
#include "service/rpc/unary_call.h"
#include "service/rpc/validate_group.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

void FillGroup(const model::AssetGroup& group, v1::AssetGroup& response, Call& call) {
  ToProto(group, &response);
  call.set_resource(response.name());
}

}  // namespace

grpc::ServerUnaryReactor* AssetGroupService::CreateAssetGroup(grpc::CallbackServerContext* context,
                                                              const v1::CreateAssetGroupRequest* request,
                                                              v1::AssetGroup* response) {
  using Rpc = UnaryCall<v1::AssetGroup>;
  return Rpc::Start(edge_, context, "CreateAssetGroup", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    groups_.Create(rpc->call().context(), *params, rpc->Then<model::AssetGroup>(FillGroup));
  });
}

grpc::ServerUnaryReactor* AssetGroupService::GetAssetGroup(grpc::CallbackServerContext* context,
                                                           const v1::GetAssetGroupRequest* request,
                                                           v1::AssetGroup* response) {
  using Rpc = UnaryCall<v1::AssetGroup>;
  return Rpc::Start(edge_, context, "GetAssetGroup", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_resource(request->name());
    const auto handle = ReadRequest(*request);
    if (!handle.ok()) return rpc->Fail(handle.status());
    groups_.Get(rpc->call().context(), *handle, rpc->Then<model::AssetGroup>(FillGroup));
  });
}

grpc::ServerUnaryReactor* AssetGroupService::ListAssetGroups(grpc::CallbackServerContext* context,
                                                             const v1::ListAssetGroupsRequest* request,
                                                             v1::ListAssetGroupsResponse* response) {
  using Rpc = UnaryCall<v1::ListAssetGroupsResponse>;
  using Page = model::Page<model::AssetGroup>;
  return Rpc::Start(edge_, context, "ListAssetGroups", response, [this, request](const Rpc::Pointer& rpc) {
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    auto fill = [filter = PageFilter(*request)](const Page& page, v1::ListAssetGroupsResponse& list, Call&) {
      for (const model::AssetGroup& group : page.items) ToProto(group, list.add_asset_groups());
      if (!page.next.at_start()) list.set_next_page_token(model::EncodePageToken(page.next, filter));
    };
    groups_.List(rpc->call().context(), *params, rpc->Then<Page>(std::move(fill)));
  });
}

grpc::ServerUnaryReactor* AssetGroupService::UpdateAssetGroup(grpc::CallbackServerContext* context,
                                                              const v1::UpdateAssetGroupRequest* request,
                                                              v1::AssetGroup* response) {
  using Rpc = UnaryCall<v1::AssetGroup>;
  return Rpc::Start(edge_, context, "UpdateAssetGroup", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->asset_group().name());
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    groups_.Update(rpc->call().context(), *params, rpc->Then<model::AssetGroup>(FillGroup));
  });
}

grpc::ServerUnaryReactor* AssetGroupService::DeleteAssetGroup(grpc::CallbackServerContext* context,
                                                              const v1::DeleteAssetGroupRequest* request,
                                                              google::protobuf::Empty* response) {
  using Rpc = UnaryCall<google::protobuf::Empty>;
  return Rpc::Start(edge_, context, "DeleteAssetGroup", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->name());
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    groups_.Delete(rpc->call().context(), *params, rpc->ThenNothing());
  });
}

}  // namespace seedance::rpc
