#ifndef SEEDANCE_SERVICE_RPC_CALLS_METHOD_H_
#define SEEDANCE_SERVICE_RPC_CALLS_METHOD_H_

#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "service/rpc/calls/call.h"
#include "service/rpc/calls/call_limits.h"
#include "service/rpc/calls/rpc_stream.h"

namespace seedance::rpc {

// One method of a service, as the dispatcher calls it.
struct Method {
  // Answers an RPC that was authenticated and admitted and whose first message was received: ends it, or sets a reactor
  // that will. Runs on the completion thread and must not block. Takes ownership of the message.
  using Start = std::function<void(RpcStream&, std::unique_ptr<Call>, grpc::ByteBuffer)>;

  // How the dispatcher treats its calls.
  Call::Traits traits;
  // Which limits apply.
  RpcKind kind = RpcKind::kCall;
  // True: Start runs after one message and the end of the caller's stream. False: after the first message; it reads on
  // itself, and the bytes may be invalid.
  bool one_request = true;
  Start start;
};

// All methods, by path. Filled before the server runs, then immutable.
class Methods {
 public:
  // `service` is the full name of the service.
  void Add(std::string_view service, Method method) {
    services_.emplace(service);
    by_path_["/" + std::string(service) + "/" + std::string(method.traits.name)] = std::move(method);
  }

  // The method for a path; null: none.
  const Method* Find(const std::string& path) const {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : &found->second;
  }

  // Full names of the services.
  const std::set<std::string>& services() const { return services_; }

 private:
  std::unordered_map<std::string, Method> by_path_;
  std::set<std::string> services_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_METHOD_H_
