#ifndef SEEDANCE_SERVICE_RPC_CALLS_RPC_SERVER_H_
#define SEEDANCE_SERVICE_RPC_CALLS_RPC_SERVER_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "service/base/mutex.h"
#include "service/rpc/calls/rpc_stream.h"

namespace seedance::rpc {

// Takes the RPCs of all methods from a gRPC server and runs their reactions on a fixed number of threads, which also
// do gRPC's own work. The callback API is not used: its reactors of streams end by way of another thread, its threads
// let sparse calls wait up to 100 ms, and it receives the message of a unary call before it says that there is a call.
class RpcServer {
 public:
  // Runs for each RPC when its headers are in, before any message is received. Must call SetReactor of the stream
  // before it starts anything. An exception ends the RPC, as one of a reaction does.
  using OnCall = std::function<void(RpcStream&)>;

  // `limits`: where each RPC gives its ticket back in the end.
  RpcServer(size_t threads, CallLimits& limits, OnCall on_call);
  // Stops.
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // Before BuildAndStart.
  void AddTo(grpc::ServerBuilder& builder);

  // After BuildAndStart. RESOURCE_EXHAUSTED: a thread cannot be made.
  absl::Status Start();

  // After grpc::Server::Shutdown, else it waits for ever. Joins the threads when every RPC has ended. May be called
  // twice.
  void Stop();

 private:
  friend class RpcStream;
  // RPCs that gRPC may hand over without being asked again.
  static constexpr int kRequested = 64;

  void Run();
  // Handles one event. False: the queue is shut down and empty.
  bool RunOne();
  void Request();
  // Asks gRPC for what it may hand over, unless there is no memory: then the next event tries again.
  void RequestMissing();
  void Dispatch(RpcStream& stream) { on_call_(stream); }
  void OnUnread();
  void OnGone(RpcStream& stream);
  void Delete(RpcStream* stream);

  const size_t thread_count_;
  CallLimits& limits_;
  const OnCall on_call_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> streams_ = 0;  // RPCs that exist, those that gRPC has not handed over yet too.
  std::atomic<int> missing_ = 0;     // Of kRequested.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RPC_SERVER_H_
