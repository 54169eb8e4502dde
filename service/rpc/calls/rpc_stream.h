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
#include "service/rpc/calls/call_metrics.h"
#include "service/rpc/calls/deadline_queue.h"

namespace seedance::rpc {

class RpcServer;
class RpcStream;

// Handles the events of one RPC. Methods run on completion threads and must not block; those of different operations
// may run concurrently; OnDone runs after all others, perhaps on another thread. Names and meaning as in gRPC's
// callback API.
//
// Tests: tests/unit/rpc/calls/dispatcher_test.cc, tests/unit/rpc/calls/unary_call_test.cc
class Reactor {
 public:
  virtual ~Reactor() = default;
  virtual void OnReadDone(bool /*ok*/) {}
  virtual void OnWriteDone(bool /*ok*/) {}
  virtual void OnSendInitialMetadataDone(bool /*ok*/) {}
  // The caller is gone, the deadline has passed, or TryCancel was called. Finish must still be called.
  virtual void OnCancel() {}
  // Inside the catch block of an exception thrown by this reactor: ends the RPC. If other threads use the reactor, none
  // of them may use the stream afterwards. Never throws.
  virtual void OnThrown(RpcStream& stream);
  // The stream is destroyed after OnDone returns.
  virtual void OnDone() {}
};

// One RPC of any method, from the arrival of its headers: the operations of grpc::ServerBidiReactor over a completion
// queue. At most one read and one write may be in flight; exactly one Finish or Answer, after which nothing may be
// started. Thread-safe until OnDone.
class RpcStream final : private DeadlineQueue::Item {
 public:
  RpcStream(const RpcStream&) = delete;
  RpcStream& operator=(const RpcStream&) = delete;

  grpc::GenericServerContext& context() { return context_; }

  // What the RPC occupies in the limits.
  CallLimits::Ticket& ticket() { return ticket_; }

  // Counts the messages from here on. `metrics` outlives the stream.
  void SetMetrics(MethodMetrics& metrics) { metrics_ = &metrics; }

  // Sets the reactor; the stream holds it until OnDone. Reports an earlier cancellation at once.
  void SetReactor(std::shared_ptr<Reactor> reactor);

  // `message` must stay valid until OnReadDone.
  void StartRead(grpc::ByteBuffer* message);
  // Shares the bytes of `message`; does not copy them.
  void StartWrite(const grpc::ByteBuffer& message);
  void StartSendInitialMetadata();
  // Sends the only message of a unary RPC, then OK.
  void Answer(const grpc::ByteBuffer& message);
  void Finish(const grpc::Status& status);

  // Inside a catch block: ends the RPC with EndOfThrown unless it is ending. Operations started later are ignored.
  // Never throws.
  void Abandon();

  // Ends the RPC as soon as possible, whether or not the peer reads. Finish must still be called.
  void TryCancel();
  // Whether this side knows the RPC to be cancelled: true for a stream that was cut, false when the caller just ended
  // it after the last message.
  bool cancelled() const { return cancelled_; }

  // Cancels the RPC, and so releases its memory, if the peer does not take what is sent next within `patience`. Call it
  // before Finish, Answer or StartWrite; replaces an earlier call. After a write, Delivered ends the wait.
  void ExpectDelivery(DeadlineQueue& queue, absl::Duration patience);
  void Delivered();
  // Whether the RPC was cancelled by ExpectDelivery.
  bool overdue() const { return overdue_; }

 private:
  friend class RpcServer;
  // What a completion event stands for.
  enum class Operation { kRequest, kRead, kWrite, kMetadata, kFinish, kDone };
  // Identifies an event in the completion queue.
  struct Tag {
    RpcStream* stream;
    Operation operation;
  };

  explicit RpcStream(RpcServer& server);
  ~RpcStream() override;

  // Runs the reactor; ends the RPC if it throws.
  void OnEvent(Operation operation, bool ok);
  void React(Operation operation, bool ok);
  void OnClosed();
  std::shared_ptr<void> Hold() override;
  void OnOverdue() override;
  std::shared_ptr<Reactor> reactor();
  // Drops one of the references counted in open_.
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
  MethodMetrics* metrics_ = nullptr;  // Set before the first operation.
  grpc::ByteBuffer* reading_ = nullptr;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> overdue_ = false;
  std::atomic<bool> ending_ = false;  // Finish, Answer or Abandon was called.
  DeadlineQueue* deadlines_ = nullptr;
  std::atomic<int> open_ = 3;  // References: request event, Finish, end notification; operations; holds.
  base::Mutex mutex_;
  std::shared_ptr<Reactor> reactor_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // OnCancel is due for the next reactor.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RPC_STREAM_H_
