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

// Receives the RPCs of all methods from a gRPC server and runs their reactors on a fixed number of threads, which also
// do gRPC's I/O. It does not use the callback API, which ends streams on yet another thread, delays sparse calls by up
// to 100 ms, and receives the message of a unary call before it reports the call.
//
// Tests: tests/unit/rpc/calls/dispatcher_test.cc
class RpcServer {
 public:
  // Called for each RPC when its headers have arrived, before any message is received. Must call SetReactor of the
  // stream before it starts an operation. An exception ends the RPC, as in a reactor.
  using OnCall = std::function<void(RpcStream&)>;

  // `limits`: each RPC releases its ticket there at its end; must outlive the server.
  RpcServer(size_t threads, CallLimits& limits, OnCall on_call);
  // Calls Stop.
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // Registers with `builder`, before BuildAndStart.
  void AddTo(grpc::ServerBuilder& builder);

  // Starts the threads, after BuildAndStart. RESOURCE_EXHAUSTED: a thread cannot be started.
  absl::Status Start();

  // Joins the threads when every RPC has ended. Only after grpc::Server::Shutdown, otherwise it waits for ever. May be
  // called twice.
  void Stop();

 private:
  friend class RpcStream;
  // RPCs requested from gRPC in advance.
  static constexpr int kRequested = 64;

  void Run();
  // Handles one completion event. False: the queue is shut down and drained.
  bool RunOne();
  // Requests one RPC from gRPC.
  void Request();
  // Requests missing RPCs, unless memory is short: then the next event tries again.
  void RequestMissing();
  void Dispatch(RpcStream& stream) { on_call_(stream); }
  void OnUnread();
  // Releases the ticket of an ended RPC and deletes it.
  void OnGone(RpcStream& stream);
  void Delete(RpcStream* stream);

  const size_t thread_count_;
  CallLimits& limits_;
  const OnCall on_call_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> streams_ = 0;  // Existing RPC objects, including requested ones.
  std::atomic<int> missing_ = 0;     // Of kRequested, not requested yet.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RPC_SERVER_H_
