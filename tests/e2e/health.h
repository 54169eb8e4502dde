#ifndef SEEDANCE_TESTS_E2E_HEALTH_H_
#define SEEDANCE_TESTS_E2E_HEALTH_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace seedance::e2e {

// grpc.health.v1.HealthCheckResponse.ServingStatus.
enum class HealthState { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// Follows grpc.health.v1.Health/Watch of a server on a thread of its own, until the stream ends or this object goes
// away. Without generated code: Debian's gRPC does not install health.proto.
class HealthWatch {
 public:
  explicit HealthWatch(const std::string& endpoint);
  ~HealthWatch();

  // The newest answer.
  HealthState Last() const { return last_; }
  // Waits for the end of the stream; whether NOT_SERVING came in it.
  bool SawNotServing();

 private:
  void Run();

  const std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::atomic<HealthState> last_{HealthState::kUnknown};
  std::atomic<bool> not_serving_{false};
  std::thread thread_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_HEALTH_H_
