#ifndef SEEDANCE_SERVICE_BASE_LOG_METRICS_H_
#define SEEDANCE_SERVICE_BASE_LOG_METRICS_H_

#include "service/base/metrics.h"

namespace seedance::base {

// Adds `seedance_log_lines_dropped_total`, by kind, to `metrics`. It counts from the begin of the process.
void ExportDroppedLogLines(Metrics& metrics);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_METRICS_H_
