#ifndef SEEDANCE_CLIENT_CPP_RETRY_H_
#define SEEDANCE_CLIENT_CPP_RETRY_H_

#include <grpcpp/support/status.h>

#include <functional>
#include <optional>

#include "absl/time/time.h"

namespace seedance::client {

// When to try a call again, and after how long. Values only; nothing here waits.
struct RetryPolicy {
  int attempts = 5;          // Tries in all of a call, and of a stream that never brought a message.
  int stream_attempts = 20;  // Fruitless tries in a row of a stream that has brought a message.
  absl::Duration initial = absl::Milliseconds(200);  // Longest first wait; doubles with each further one.
  absl::Duration maximum = absl::Seconds(20);        // Longest wait.

  // Full jitter: uniform between 0 and min(initial * 2^failures, maximum). `unit` is a random number in [0, 1);
  // `failures` counts the failed tries before the one that just failed.
  absl::Duration Jitter(int failures, double unit) const;
};

// There was no connection: the request surely never left this machine.
bool WasNeverSent(const grpc::Status& status);

// Wait before a unary call or an upload is tried again; nullopt when it must not be. Tried again are only UNAVAILABLE
// (with the delay of RetryInfo, if there is one, plus jitter), RESOURCE_EXHAUSTED with RetryInfo, and CANCELLED without
// ErrorInfo: so gRPC answers a call that arrives while its server stops.
std::optional<absl::Duration> CallRetryDelay(const RetryPolicy& policy, const grpc::Status& status, int failures,
                                             double unit);

// Wait before a stream is opened again; nullopt when it must not be. As CallRetryDelay, and also for INTERNAL and
// UNKNOWN without ErrorInfo: the gateway's own errors always carry one, so the connection or a proxy broke off.
std::optional<absl::Duration> StreamRetryDelay(const RetryPolicy& policy, const grpc::Status& status, int failures,
                                               double unit);

// Time and chance as the client sees them. The defaults are real; tests put their own.
struct Timing {
  std::function<absl::Time()> now;           // Default: the system's clock.
  std::function<double()> random;            // In [0, 1). Default: seeded by the system. Called by any thread.
  std::function<void(absl::Duration)> wait;  // Default: waits until the delay passed or the call is cancelled.
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_RETRY_H_
