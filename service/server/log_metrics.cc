#include "service/server/log_metrics.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "service/base/log.h"

namespace seedance::server {

void ExportDroppedLogLines(base::Metrics& metrics) {
  // One scrape runs at a time.
  auto exported = std::make_shared<std::map<std::string, uint64_t>>();
  metrics.AtScrape([&metrics, exported] {
    for (const auto& [kind, dropped] : base::DroppedLogLines()) {
      uint64_t& before = (*exported)[kind];
      metrics.Counter("seedance_log_lines_dropped_total", {{"kind", kind}}).Add(static_cast<double>(dropped - before));
      before = dropped;
    }
  });
}

}  // namespace seedance::server
