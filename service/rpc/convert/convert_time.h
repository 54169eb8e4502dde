#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TIME_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TIME_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

namespace seedance::rpc {

google::protobuf::Timestamp ToProto(absl::Time time);
google::protobuf::Duration ToProto(absl::Duration duration);

// Sets `field` with a time that is one: InfinitePast, InfiniteFuture and a default absl::Time stay unset.
// For example: SetTime(task.submit_time, [&] { return proto->mutable_submit_time(); });
template <typename Field>
void SetTime(absl::Time time, Field field) {
  const bool set = time != absl::InfinitePast() && time != absl::InfiniteFuture() && time != absl::Time();
  if (set) *field() = ToProto(time);
}

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TIME_H_
