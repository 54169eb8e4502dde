#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TIME_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TIME_H_

#include "absl/time/time.h"
#include "service/base/proto_time.h"

namespace seedance::rpc {

using base::ToProto;

// Sets `field` to a finite time: InfinitePast, InfiniteFuture and a default absl::Time leave it unset. For example:
// SetTime(task.submit_time, [&] { return proto->mutable_submit_time(); });
//
// Tests: tests/unit/rpc/convert/convert_test.cc
template <typename Field>
void SetTime(absl::Time time, Field field) {
  const bool set = time != absl::InfinitePast() && time != absl::InfiniteFuture() && time != absl::Time();
  if (set) *field() = ToProto(time);
}

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TIME_H_
