#ifndef SEEDANCE_SERVICE_SERVER_LOG_METRICS_H_
#define SEEDANCE_SERVICE_SERVER_LOG_METRICS_H_

#include "service/base/metrics.h"

namespace seedance::server {

// Adds the counter `seedance_log_lines_dropped_total` (label `kind`) to `metrics`; it counts from the start of the
// process. Call it once per Metrics.
//
// Tests: tests/unit/server/log_metrics_test.cc
void ExportDroppedLogLines(base::Metrics& metrics);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_LOG_METRICS_H_
