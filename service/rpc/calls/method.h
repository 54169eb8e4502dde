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

// One method of a service as the dispatcher knows it.
struct Method {
  // Answers an RPC that was authenticated and admitted and whose first message is here: ends it, or calls SetReactor of
  // the stream with what will end it. Runs on the thread that took the message, must not block. Takes the bytes.
  using Start = std::function<void(RpcStream&, std::unique_ptr<Call>, grpc::ByteBuffer)>;

  Call::Traits traits;
  RequestKind kind = RequestKind::kCall;
  // True: Start runs when the caller sent one message and ended its stream. False: it reads on; bytes may be invalid.
  bool one_request = true;
  Start start;
};

// The methods of all services by the path of their RPCs. Fixed once the server runs.
class Methods {
 public:
  // `service` is the full name.
  void Add(std::string_view service, Method method) {
    services_.emplace(service);
    by_path_["/" + std::string(service) + "/" + std::string(method.traits.name)] = std::move(method);
  }

  // Null: there is no such method.
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
