#include "service/rpc/creation_service.h"

#include "seedance/gateway/v1/creation.grpc.pb.h"
#include "service/rpc/convert/convert_creation.h"
#include "service/rpc/validate/validate_creation.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

}  // namespace

void CreationService::AddTo(Methods& methods) {
  using Self = CreationService;
  const std::string name = v1::CreationService::service_full_name();
  methods.Add(name, Unary("ListCreationsInDoubt", this, &Self::ListCreationsInDoubt));
  methods.Add(name, Unary("ReconcileCreation", this, &Self::ReconcileCreation));
}

void CreationService::ListCreationsInDoubt(const v1::ListCreationsInDoubtRequest& request,
                                           const UnaryCall<v1::ListCreationsInDoubtResponse>::Pointer& rpc) {
  using Page = model::Page<model::JournalEntry>;
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  auto fill = [filter = PageFilter(request)](const Page& page, v1::ListCreationsInDoubtResponse& list, Call&) {
    for (const model::JournalEntry& call : page.items) ToProto(call, list.add_creations());
    if (!page.next.at_start()) list.set_next_page_token(model::EncodePageToken(page.next, filter));
  };
  creations_.List(rpc->call().context(), *params, rpc->Then<Page>(std::move(fill)));
}

void CreationService::ReconcileCreation(const v1::ReconcileCreationRequest& request,
                                        const UnaryCall<v1::ReconcileCreationResponse>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  const auto fill = [](const engine::ReconciledCreation& settled, v1::ReconcileCreationResponse& answer, Call& call) {
    ToProto(settled.call, answer.mutable_creation());
    call.set_resource(settled.call.resource_name);
    for (const engine::LookupCandidate& seen : settled.candidates) ToProto(seen, answer.add_candidates());
  };
  creations_.Reconcile(rpc->call().context(), *params, rpc->Then<engine::ReconciledCreation>(fill));
}

}  // namespace seedance::rpc
