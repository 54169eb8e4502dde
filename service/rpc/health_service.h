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

// grpc.health.v1.Health: no token is asked for, the number of its calls is limited. Every service of the methods, and
// the server itself (the empty name), serves from the start until Shutdown. Thread-safe.
class HealthService {
 public:
  // `methods` outlives it; services that are added later count too, until the server runs.
  explicit HealthService(const Methods& methods) : methods_(methods) {}

  // The methods use this object.
  void AddTo(Methods& methods);

  // From now on everything is NOT_SERVING, and those that watch are told. Their streams stay open.
  void Shutdown();

 private:
  friend class HealthWatch;

  bool Knows(const std::string& service) const;
  // Nullopt: there is no such service.
  std::optional<bool> Serving(const std::string& service);
  void Check(RpcStream& stream, Call& call, const grpc::ByteBuffer& bytes);
  void Watch(RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer& bytes);
  void Forget(HealthWatch* watch);

  const Methods& methods_;
  base::Mutex mutex_;  // Taken before those of the watches.
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  std::unordered_set<HealthWatch*> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_HEALTH_SERVICE_H_
