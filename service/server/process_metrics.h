#ifndef SEEDANCE_SERVICE_SERVER_PROCESS_METRICS_H_
#define SEEDANCE_SERVICE_SERVER_PROCESS_METRICS_H_

#include "service/base/clock.h"
#include "service/base/metrics.h"

namespace seedance::server {

// Exports what Prometheus' own clients tell of their process (`process_*`), read from /proc at each scrape.
//
// Tests: tests/unit/server/log_metrics_test.cc
void ExportProcess(base::Metrics& metrics, base::Clock& clock);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_PROCESS_METRICS_H_
