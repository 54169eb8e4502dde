#ifndef SEEDANCE_SERVICE_RPC_HEALTH_SERVICE_H_
#define SEEDANCE_SERVICE_RPC_HEALTH_SERVICE_H_

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "service/base/mutex.h"
#include "service/rpc/calls/method.h"

namespace seedance::rpc {

class HealthWatch;

// grpc.health.v1.Health. Needs no token; the number of its calls is limited. Every registered service, and the server
// itself (empty name), is SERVING until Shutdown. Thread-safe.
//
// Tests: tests/unit/rpc/calls/dispatcher_test.cc, tests/e2e/rollout_test.cc
class HealthService {
 public:
  // `methods` must outlive it; services added later count too, until the server runs.
  explicit HealthService(const Methods& methods) : methods_(methods) {}

  // Registers its methods, which use this object.
  void AddTo(Methods& methods);

  // Reports NOT_SERVING for everything from now on, also to watchers. Their streams stay open.
  void Shutdown();

 private:
  friend class HealthWatch;

  // Whether the service is registered.
  bool Knows(const std::string& service) const;
  // nullopt: no such service.
  std::optional<bool> Serving(const std::string& service);
  // Handlers of the two methods.
  void Check(RpcStream& stream, Call& call, const grpc::ByteBuffer& bytes);
  void Watch(RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer& bytes);
  // The watch has ended.
  void Forget(HealthWatch* watch);

  const Methods& methods_;
  base::Mutex mutex_;  // Taken before the mutexes of the watches.
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  std::unordered_set<HealthWatch*> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_HEALTH_SERVICE_H_
