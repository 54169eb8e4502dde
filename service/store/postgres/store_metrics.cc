#include "service/store/postgres/store_metrics.h"

#include <vector>

namespace seedance::store::postgres {
namespace {

std::vector<double> Times() { return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}; }

}  // namespace

StoreMetrics::StoreMetrics(base::Metrics* metrics) {
  if (metrics == nullptr) return;
  read = metrics->Histogram("seedance_store_read_seconds",
                            "Time of a read of the store, with the wait for a connection.", Times());
  transaction = metrics->Histogram("seedance_store_transaction_seconds",
                                   "Time of a transaction that writes to the store, with its commit.", Times());
  const auto moves = [&](const char* direction) {
    return metrics->Counter("seedance_store_shard_moves_total", "Shards that came to this gateway and left it.",
                            {{"direction", direction}});
  };
  gained = moves("gained");
  lost = moves("lost");
}

}  // namespace seedance::store::postgres
