#ifndef SEEDANCE_CLIENT_CPP_ATTEMPTS_H_
#define SEEDANCE_CLIENT_CPP_ATTEMPTS_H_

#include <grpcpp/support/status.h>

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "client/cpp/options.h"

namespace seedance::client {

// Counts the tries of one call and waits between them. Used by one thread.
class Attempts {
 public:
  Attempts(const ClientOptions& options, Canceller* canceller, absl::Time deadline)
      : options_(options), canceller_(canceller), deadline_(deadline) {}

  // Told before the wait for the next try: why the last one failed, and how long the wait is.
  using OnRetry = std::function<void(const absl::Status&, absl::Duration)>;

  // Ends a failed try of a unary call or an upload. Returns nullopt after the wait for the next try, or the status that
  // the caller gets because there is none: CANCELLED once the canceller was used, whenever that was; else `status`,
  // because of its kind, the number of tries or the deadline.
  std::optional<absl::Status> AfterCall(const grpc::Status& status);
  // The same for a call that must not be repeated: never waits.
  absl::Status AfterOnlyCall(const grpc::Status& status) const;
  // The same as AfterCall after a broken stream.
  std::optional<absl::Status> AfterStream(const grpc::Status& status, const OnRetry& on_retry = nullptr);
  // The stream moved on, or ended in good order: later failures count anew, and more of them are borne.
  void Progressed();

  bool cancelled() const { return canceller_ != nullptr && canceller_->cancelled(); }
  bool expired() const { return options_.timing.now() >= deadline_; }

 private:
  std::optional<absl::Status> Next(const grpc::Status& status, std::optional<absl::Duration> delay, int limit,
                                   const OnRetry& on_retry);
  // After a try without a connection. That costs nobody anything, for gRPC connects at a pace of its own: so time
  // counts, and not tries.
  std::optional<absl::Status> NextWithoutConnection(const grpc::Status& status, const OnRetry& on_retry);
  // Waits; less when cancelled.
  void Wait(absl::Duration delay) const;

  const ClientOptions& options_;
  Canceller* const canceller_;
  const absl::Time deadline_;
  int failures_ = 0;
  bool progressed_ = false;
  absl::Time away_since_ = absl::InfiniteFuture();  // Since when there has been no connection.
  absl::Duration away_waits_;                       // Since then.
  int refusals_ = 0;                                // Tries since then.
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_ATTEMPTS_H_
