#ifndef SEEDANCE_SERVICE_RPC_CALLS_STREAM_AGE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_STREAM_AGE_H_

#include "absl/time/time.h"

namespace seedance::rpc {

// When the streams of an old connection end. gRPC tells a connection to go (GOAWAY) at its age, give or take a tenth,
// and closes it hard when the grace has passed since. In between a stream must end by itself, or its reader would get
// neither status nor token.
struct StreamAge {
  absl::Duration age = absl::InfiniteDuration();  // Of the connection.
  absl::Duration grace = absl::ZeroDuration();    // At least a quarter of the age.

  bool limited() const { return age < absl::InfiniteDuration(); }

  // Where a stream that begins `now` ends, on a connection that was accepted at `connected`: after the latest GOAWAY
  // and before the earliest hard close, at a place that `unit` in [0, 1) chooses, so that streams do not end all at
  // once. InfiniteFuture without a limit.
  absl::Time EndOf(absl::Time connected, absl::Time now, double unit) const;

  // How often to look for streams that are due: often enough for the margins that EndOf keeps.
  absl::Duration Tick() const;

 private:
  // Between the latest GOAWAY and the earliest hard close.
  absl::Duration Window() const { return grace - age / 5; }
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_STREAM_AGE_H_
