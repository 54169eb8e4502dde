#ifndef SEEDANCE_SERVICE_BASE_LOG_METRICS_H_
#define SEEDANCE_SERVICE_BASE_LOG_METRICS_H_

#include "service/base/metrics.h"

namespace seedance::base {

// Adds the counter `seedance_log_lines_dropped_total` (label `kind`) to `metrics`; it counts from the start of the
// process. Call it once per Metrics.
//
// Tests: tests/unit/base/log_test.cc
void ExportDroppedLogLines(Metrics& metrics);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_METRICS_H_
