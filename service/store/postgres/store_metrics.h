#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_STORE_METRICS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_STORE_METRICS_H_

#include "service/base/metrics.h"

namespace seedance::store::postgres {

// What the store measures. Without a registry nothing is.
//
// Tests: tests/unit/store/postgres/replica_test.cc
struct StoreMetrics {
  explicit StoreMetrics(base::Metrics* metrics);

  base::Histogram read;  // Seconds of a read, with the wait for its connection.
  base::Counter gained;  // Shards.
  base::Counter lost;
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_STORE_METRICS_H_
