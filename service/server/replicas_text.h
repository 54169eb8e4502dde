#ifndef SEEDANCE_SERVICE_SERVER_REPLICAS_TEXT_H_
#define SEEDANCE_SERVICE_SERVER_REPLICAS_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/store/ownership.h"

namespace seedance::server {

// The gateways that share the store as a table for people, and how many shards none of them owns. An error of the store
// is returned.
//
// Tests: tests/unit/server/admin_server_test.cc
absl::StatusOr<std::string> ReplicasText(const absl::StatusOr<std::vector<store::ReplicaInfo>>& replicas);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_REPLICAS_TEXT_H_
