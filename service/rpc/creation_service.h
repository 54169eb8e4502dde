#ifndef SEEDANCE_SERVICE_RPC_CREATION_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_CREATION_SERVICE_H_

#include <memory>

#include "seedance/gateway/v1/creation.pb.h"
#include "service/engine/assets/journal_reconciler.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/unary_call.h"

namespace seedance::rpc {

// CreationService of creation.proto over the engine. `creations` must outlive it. Thread-safe.
//
// Each method validates its request, calls the engine and answers `rpc`; it runs on the call pool.
//
// Tests: tests/unit/rpc/creation_test.cc
class CreationService final {
 public:
  explicit CreationService(engine::JournalReconciler& creations) : creations_(creations) {}

  // Registers its methods, which use this object.
  void AddTo(Methods& methods);

 private:
  // The call to answer.
  template <typename Response>
  using Rpc = std::shared_ptr<UnaryCall<Response>>;

  void ListCreationsInDoubt(const gateway::v1::ListCreationsInDoubtRequest& request,
                            const Rpc<gateway::v1::ListCreationsInDoubtResponse>& rpc);
  void ReconcileCreation(const gateway::v1::ReconcileCreationRequest& request,
                         const Rpc<gateway::v1::ReconcileCreationResponse>& rpc);

  // Not owned.
  engine::JournalReconciler& creations_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CREATION_SERVICE_H_
