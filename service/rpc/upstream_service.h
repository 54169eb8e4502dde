#ifndef SEEDANCE_SERVICE_RPC_UPSTREAM_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_UPSTREAM_SERVICE_H_

#include <memory>

#include "seedance/gateway/v1/upstream.pb.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/unary_call.h"

namespace seedance::rpc {

// UpstreamService of upstream.proto: the profiles of the accounts that the caller may use. `accounts` must outlive it.
// Thread-safe.
//
// Tests: tests/unit/rpc/upstream_service_test.cc
class UpstreamService final {
 public:
  explicit UpstreamService(engine::VendorAccounts& accounts) : accounts_(accounts) {}

  // Registers its methods, which use this object.
  void AddTo(Methods& methods);

 private:
  // The call to answer.
  template <typename Response>
  using Rpc = std::shared_ptr<UnaryCall<Response>>;

  void ListUpstreams(const gateway::v1::ListUpstreamsRequest& request,
                     const Rpc<gateway::v1::ListUpstreamsResponse>& rpc);
  void ListModels(const gateway::v1::ListModelsRequest& request, const Rpc<gateway::v1::ListModelsResponse>& rpc);

  // Not owned.
  engine::VendorAccounts& accounts_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_UPSTREAM_SERVICE_H_
