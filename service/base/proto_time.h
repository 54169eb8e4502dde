#ifndef SEEDANCE_SERVICE_BASE_PROTO_TIME_H_
#define SEEDANCE_SERVICE_BASE_PROTO_TIME_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

namespace seedance::base {

// For finite values only. Times are rounded down, durations towards zero, both to nanoseconds.
//
// Tests: tests/unit/rpc/convert/convert_test.cc
google::protobuf::Timestamp ToProto(absl::Time time);
google::protobuf::Duration ToProto(absl::Duration duration);

// The same value.
absl::Time FromProto(const google::protobuf::Timestamp& proto);
absl::Duration FromProto(const google::protobuf::Duration& proto);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_PROTO_TIME_H_
