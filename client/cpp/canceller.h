#ifndef SEEDANCE_CLIENT_CPP_CANCELLER_H_
#define SEEDANCE_CLIENT_CPP_CANCELLER_H_

#include <grpcpp/client_context.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "absl/time/time.h"

namespace seedance::client {

// Ends blocking calls from another thread: every call that was given this canceller returns CANCELLED soon after
// Cancel(), as does every later one. Thread-safe; outlives the calls that use it. Not to be called from a signal
// handler: let a thread wait for the signal.
class Canceller {
 public:
  void Cancel();
  bool cancelled() const;

  // Waits for `delay`, or less when cancelled. False when cancelled.
  bool Wait(absl::Duration delay);

  // Cancels one gRPC call with the canceller for as long as it lives. A null canceller does nothing.
  class Attachment {
   public:
    Attachment(Canceller* canceller, grpc::ClientContext* context);
    ~Attachment();
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;

   private:
    Canceller* const canceller_;
    grpc::ClientContext* const context_;
  };

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;                   // Guarded by mutex_.
  std::set<grpc::ClientContext*> contexts_;  // Guarded by mutex_.
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_CANCELLER_H_
