#ifndef SEEDANCE_SERVICE_RPC_CALLS_RPC_STREAM_H_
#define SEEDANCE_SERVICE_RPC_CALLS_RPC_STREAM_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/rpc/calls/call_limits.h"
#include "service/rpc/calls/deadline_queue.h"

namespace seedance::rpc {

class RpcServer;
class RpcStream;

// What answers one RPC. The reactions run on the server's completion threads and must not block; those of different
// operations may run at the same time, OnDone after all others, and on another thread perhaps. Named as in gRPC's
// callback API, with the same meaning.
class Reactor {
 public:
  virtual ~Reactor() = default;
  virtual void OnReadDone(bool /*ok*/) {}
  virtual void OnWriteDone(bool /*ok*/) {}
  virtual void OnSendInitialMetadataDone(bool /*ok*/) {}
  // The caller went away, the deadline passed, or TryCancel was called. Finish is still owed.
  virtual void OnCancel() {}
  // In the handler of an exception that a reaction threw: ends the RPC. A reactor that other threads use must do it so
  // that none of them uses the stream afterwards. Never throws.
  virtual void OnThrown(RpcStream& stream);
  // The stream is destroyed after this returns.
  virtual void OnDone() {}
};

// One RPC of any method, from the arrival of its headers on: the operations of grpc::ServerBidiReactor over a
// completion queue. At most one read and one write may be in flight, Finish or Answer must be called once, and nothing
// may be started after it. Thread-safe until OnDone.
class RpcStream final : private DeadlineQueue::Item {
 public:
  RpcStream(const RpcStream&) = delete;
  RpcStream& operator=(const RpcStream&) = delete;

  grpc::GenericServerContext& context() { return context_; }

  // Its place in the limits.
  CallLimits::Ticket& ticket() { return ticket_; }

  // Who reacts from now on; the stream keeps it until OnDone. A cancellation that came before is told at once.
  void SetReactor(std::shared_ptr<Reactor> reactor);

  // `message` must live until OnReadDone.
  void StartRead(grpc::ByteBuffer* message);
  // The bytes are shared, not copied.
  void StartWrite(const grpc::ByteBuffer& message);
  void StartSendInitialMetadata();
  // The one message of a unary RPC, then OK.
  void Answer(const grpc::ByteBuffer& message);
  void Finish(const grpc::Status& status);

  // In the handler of an exception: ends the RPC with EndOfThrown unless it is ending. What is still started is
  // ignored. Never throws.
  void Abandon();

  // Ends the RPC as soon as possible, whether or not the peer reads. Finish is still owed.
  void TryCancel();
  // Whether the RPC was cancelled as far as this side knows: a stream that was cut counts, one that its caller ended
  // after the last message does not.
  bool cancelled() const { return cancelled_; }

  // When the peer has not taken what is sent next within `patience`, the RPC is cancelled, so that its memory is given
  // back. Call it before Finish, Answer or StartWrite; a further call replaces the last one. Delivered, after a write,
  // ends the wait.
  void ExpectDelivery(DeadlineQueue& queue, absl::Duration patience);
  void Delivered();
  // Whether the RPC was cancelled because the peer did not take in time what was sent.
  bool overdue() const { return overdue_; }

 private:
  friend class RpcServer;
  enum class Operation { kRequest, kRead, kWrite, kMetadata, kFinish, kDone };
  struct Tag {
    RpcStream* stream;
    Operation operation;
  };

  explicit RpcStream(RpcServer& server);
  ~RpcStream() override;

  // Also ends the RPC when the reaction throws.
  void OnEvent(Operation operation, bool ok);
  void React(Operation operation, bool ok);
  void OnClosed();
  std::shared_ptr<void> Hold() override;
  void OnOverdue() override;
  std::shared_ptr<Reactor> reactor();
  // The end of one of the things that OnDone waits for.
  void Release();

  RpcServer& server_;
  Tag request_{this, Operation::kRequest};
  Tag read_{this, Operation::kRead};
  Tag write_{this, Operation::kWrite};
  Tag metadata_{this, Operation::kMetadata};
  Tag finish_{this, Operation::kFinish};
  Tag done_{this, Operation::kDone};
  CallLimits::Ticket ticket_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> overdue_ = false;
  std::atomic<bool> ending_ = false;  // Finish or Answer was called, or it was abandoned.
  DeadlineQueue* deadlines_ = nullptr;
  std::atomic<int> open_ = 3;  // The request's own event, Finish, the notification of the end; operations; holds.
  base::Mutex mutex_;
  std::shared_ptr<Reactor> reactor_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // OnCancel is due for whoever becomes the reactor.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RPC_STREAM_H_
