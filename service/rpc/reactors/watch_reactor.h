#ifndef SEEDANCE_SERVICE_RPC_REACTORS_WATCH_REACTOR_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_WATCH_REACTOR_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/call_context.h"
#include "service/rpc/calls/call.h"
#include "service/rpc/calls/call_pool.h"
#include "service/rpc/calls/rpc_context.h"
#include "service/rpc/calls/rpc_stream.h"
#include "service/rpc/calls/stream_registry.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {

// A stream of messages about what changes, for as long as its reader likes: heartbeats when idle, the token in the
// trailers when the server drains, one end. One write in flight and no backlog: what comes next is asked for when the
// last write is done, so a slow reader costs itself freshness and nobody else anything. The messages are bytes, so that
// streams share them.
//
// A subclass says what is watched. Begin must be called once; the stream then keeps the reactor until OnDone.
class WatchReactor : public Reactor, public EndableStream, public std::enable_shared_from_this<WatchReactor> {
 public:
  // With the first status given, after the write that is in flight.
  void End(const absl::Status& status) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void OnThrown(RpcStream& stream) override;

 protected:
  WatchReactor(RpcStream& stream, std::unique_ptr<Call> call);

  // Takes the stream in, and has Open run on the call pool. `request` says why it is refused, if it is.
  void Begin(const absl::Status& request);

  // Opens the watch, on the call pool; it may block. Then either Opened or End.
  virtual void Open(const engine::CallContext& context) = 0;

  // What to do next; a stream that ends with a message says both.
  struct Step {
    SharedMessage message;            // Empty: there is nothing to write now.
    std::optional<absl::Status> end;  // After the message, if there is one.
    CallPool::Work work;              // For the call pool; null: none.
  };
  // Called while no write is in flight, once the stream is opened. Must not block.
  virtual Step Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  virtual SharedMessage Heartbeat() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Of the last message written; empty: none. For the trailers.
  virtual std::string ResumeToken() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Lets go of what Open opened. Nobody calls Pump when it returns. Called once, without a lock.
  virtual void Close() = 0;

  // Writes heartbeats from now on, and whatever is there.
  void Opened();
  // Writes or does what is next, or ends the stream, unless a write is in flight: then OnWriteDone comes back here.
  void Pump();

  RpcContext& edge_;
  const std::unique_ptr<Call> call_;
  // Taken before the locks of the engine.
  base::Mutex mutex_;
  // Finish was called, or will be by the one who set it.
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;

 private:
  static absl::Time Beat(const std::weak_ptr<WatchReactor>& weak);
  // Returns when to look again.
  absl::Time BeatIfIdle();
  void PumpOnce();
  // Runs `step`; an exception ends the stream.
  void Guarded(absl::FunctionRef<void()> step);
  void FinishNow(const absl::Status& status);
  // On the call pool; the stream ends when it cannot be done.
  void RunOnPool(CallPool::Work work);
  // To the trailers.
  void AddResumeToken();
  void WriteLocked(const SharedMessage& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RpcStream& stream_;  // Not touched once finished_ is set, but by the one who set it.
  bool entered_ ABSL_GUARDED_BY(mutex_) = false;
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<void>> writing_ ABSL_GUARDED_BY(mutex_);  // Charges of the write in flight.
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_write_ ABSL_GUARDED_BY(mutex_);
  uint64_t heartbeat_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_WATCH_REACTOR_H_
