#ifndef SEEDANCE_CLIENT_CPP_ATTEMPTS_H_
#define SEEDANCE_CLIENT_CPP_ATTEMPTS_H_

#include <grpcpp/support/status.h>

#include <optional>

#include "client/cpp/options.h"

namespace seedance::client {

// Counts the tries of one call and waits between them. Used by one thread.
class Attempts {
 public:
  Attempts(const ClientOptions& options, Canceller* canceller, absl::Time deadline)
      : options_(options), canceller_(canceller), deadline_(deadline) {}

  // After a failed unary call or upload: the wait before the next try, or nullopt when there shall be none, because of
  // the error's kind, the number of tries, the deadline or a cancellation.
  std::optional<absl::Duration> AfterCall(const grpc::Status& status);
  // The same after a broken stream.
  std::optional<absl::Duration> AfterStream(const grpc::Status& status);
  // The stream moved on, or ended in good order: later failures count anew, and more of them are borne.
  void Progressed();

  // Waits; less when cancelled.
  void Wait(absl::Duration delay) const;

  bool cancelled() const { return canceller_ != nullptr && canceller_->cancelled(); }
  bool expired() const { return options_.timing.now() >= deadline_; }

 private:
  std::optional<absl::Duration> Count(std::optional<absl::Duration> delay, int limit);

  const ClientOptions& options_;
  Canceller* const canceller_;
  const absl::Time deadline_;
  int failures_ = 0;
  bool progressed_ = false;
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_ATTEMPTS_H_
