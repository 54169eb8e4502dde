#ifndef SEEDANCE_SERVICE_RPC_CALLS_STREAM_AGE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_STREAM_AGE_H_

#include "absl/time/time.h"

namespace seedance::rpc {

// When streams of an old connection end. gRPC sends GOAWAY at the connection's age (plus or minus a tenth) and closes
// it after the grace. A stream must end in between, or its reader gets neither status nor token. A value.
struct StreamAge {
  absl::Duration age = absl::InfiniteDuration();  // Maximum age of a connection.
  absl::Duration grace = absl::ZeroDuration();    // At least a quarter of `age`.

  // Whether connections have a maximum age.
  bool limited() const { return age < absl::InfiniteDuration(); }

  // End of a stream that starts at `now` on a connection accepted at `connected`: after the latest GOAWAY and before
  // the earliest close, at a point chosen by `unit` in [0, 1), so that streams do not end all at once. InfiniteFuture
  // without a limit.
  absl::Time EndOf(absl::Time connected, absl::Time now, double unit) const;

  // How often to check for due streams: often enough for the margins of EndOf.
  absl::Duration Tick() const;

 private:
  // Time between the latest GOAWAY and the earliest close.
  absl::Duration Window() const { return grace - age / 5; }
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_STREAM_AGE_H_
