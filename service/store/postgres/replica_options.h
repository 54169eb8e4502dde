#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_REPLICA_OPTIONS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_REPLICA_OPTIONS_H_

#include <string>

#include "absl/time/time.h"

namespace seedance::store::postgres {

// Of a gateway that shares its schema with others.
struct ReplicaOptions {
  std::string name;  // For operators.
  // A replica that has not renewed its lease for so long has lost its shards. By the server's clock.
  absl::Duration lease = absl::Seconds(6);
  // Between two renewals; < lease / 3.
  absl::Duration beat = absl::Seconds(1);
  // How many shards it gives to others in one beat, while it stays.
  int most_moves = 8;
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_REPLICA_OPTIONS_H_
