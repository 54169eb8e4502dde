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

// A long-lived stream of change messages: heartbeats when idle, the resume token in the trailers when the server
// drains, exactly one end. One write in flight and no backlog: the next message is requested when the last write is
// done, so a slow reader only gets fewer messages. Messages are bytes, so streams can share them. Thread-safe.
//
// A subclass defines what is watched. Begin must be called once; the stream then holds the reactor until OnDone.
//
// Tests: tests/unit/rpc/reactors/watch_test.cc, tests/unit/rpc/reactors/watch_tasks_test.cc
class WatchReactor : public Reactor, public EndableStream, public std::enable_shared_from_this<WatchReactor> {
 public:
  // Ends with the first given status, after the write in flight.
  void End(const absl::Status& status) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void OnThrown(RpcStream& stream) override;

 protected:
  WatchReactor(RpcStream& stream, std::unique_ptr<Call> call);

  // Takes the stream over and runs Open on the call pool. `request`: OK, or why it is refused.
  void Begin(const absl::Status& request);

  // Opens the watch, on the call pool; may block. Must call Opened or End.
  virtual void Open(const engine::CallContext& context) = 0;

  // What to do next; the last message comes with `end`.
  struct Step {
    SharedMessage message;            // Empty: nothing to write now.
    std::optional<absl::Status> end;  // Ends the stream, after the message if any.
    CallPool::Work work;              // To run on the call pool; null: none.
  };
  // Called while no write is in flight, after Opened. Must not block.
  virtual Step Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // The message to send when idle.
  virtual SharedMessage Heartbeat() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Token of the last message written, for the trailers; empty: none.
  virtual std::string ResumeToken() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Releases what Open opened; Pump is not called after it returns. Called once, without a lock.
  virtual void Close() = 0;

  // Starts heartbeats and writing.
  void Opened();
  // Performs the next step, unless a write is in flight: then OnWriteDone does.
  void Pump();

  RpcContext& rpc_context_;
  const std::unique_ptr<Call> call_;
  // Taken before the locks of the engine.
  base::Mutex mutex_;
  // Finish was called, or will be by the thread that set it.
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;

 private:
  static absl::Time Beat(const std::weak_ptr<WatchReactor>& weak);
  // Returns the time of the next check.
  absl::Time BeatIfIdle();
  void PumpOnce();
  // Runs `step`; an exception ends the stream.
  void Guarded(absl::FunctionRef<void()> step);
  void FinishNow(const absl::Status& status);
  // Runs `work` on the call pool; ends the stream if that is impossible.
  void RunOnPool(CallPool::Work work);
  // Adds the resume token to the trailers.
  void AddResumeToken();
  void WriteLocked(const SharedMessage& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RpcStream& stream_;  // Once finished_ is set, used only by the thread that set it.
  bool entered_ ABSL_GUARDED_BY(mutex_) = false;
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<void>> writing_ ABSL_GUARDED_BY(mutex_);  // Charges of the write in flight.
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_write_ ABSL_GUARDED_BY(mutex_);
  uint64_t heartbeat_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_WATCH_REACTOR_H_
