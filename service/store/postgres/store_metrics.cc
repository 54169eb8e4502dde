#include "service/store/postgres/store_metrics.h"

namespace seedance::store::postgres {
StoreMetrics::StoreMetrics(base::Metrics* metrics) {
  if (metrics == nullptr) return;
  read = metrics->Histogram("seedance_store_read_seconds");
  const auto moves = [&](const char* direction) {
    return metrics->Counter("seedance_store_shard_moves_total", {{"direction", direction}});
  };
  gained = moves("gained");
  lost = moves("lost");
}

}  // namespace seedance::store::postgres
