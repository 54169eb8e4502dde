#include "service/rpc/upstream_service.h"

#include <vector>

#include "seedance/gateway/v1/upstream.grpc.pb.h"
#include "service/base/error.h"
#include "service/rpc/convert/convert_upstream.h"

namespace seedance::rpc {

namespace v1 = gateway::v1;

void UpstreamService::AddTo(Methods& methods) {
  using Self = UpstreamService;
  const std::string name = v1::UpstreamService::service_full_name();
  methods.Add(name, Unary("ListUpstreams", this, &Self::ListUpstreams));
  methods.Add(name, Unary("ListModels", this, &Self::ListModels));
}

void UpstreamService::ListUpstreams(const v1::ListUpstreamsRequest&,
                                    const UnaryCall<v1::ListUpstreamsResponse>::Pointer& rpc) {
  const std::vector<engine::VendorAccount*> accounts = accounts_.Of(rpc->call().context().tenant);
  rpc->Succeed([&accounts](v1::ListUpstreamsResponse& list, Call&) {
    for (const engine::VendorAccount* account : accounts) {
      ToProto(account->name(), account->profile(), list.add_upstreams());
    }
    return absl::OkStatus();
  });
}

void UpstreamService::ListModels(const v1::ListModelsRequest& request,
                                 const UnaryCall<v1::ListModelsResponse>::Pointer& rpc) {
  const std::string& tenant = rpc->call().context().tenant;
  std::vector<engine::VendorAccount*> accounts = accounts_.Of(tenant);
  if (!request.upstream().empty()) {
    engine::VendorAccount* const account = accounts_.Find(tenant, request.upstream());
    if (account == nullptr) {
      return rpc->Fail(base::ResourceNotFound(v1::Upstream::descriptor()->full_name(), request.upstream()));
    }
    accounts = {account};
  }
  rpc->Succeed([&accounts](v1::ListModelsResponse& list, Call&) {
    for (const engine::VendorAccount* account : accounts) {
      for (const model::ModelProfile& model : account->profile().models) {
        ToProto(account->name(), model, list.add_models());
      }
    }
    return absl::OkStatus();
  });
}

}  // namespace seedance::rpc
